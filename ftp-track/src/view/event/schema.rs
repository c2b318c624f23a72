//! Events against `docs/events.schema.json` and `docs/events.md`.

use std::collections::BTreeSet;

use ftp_track_common::{
    address::Address,
    event::{Event, EventKind, VERSION},
    reason::Reason,
    tuple::{SessionKey, Tuple},
};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;
use crate::{
    instance::Name,
    view::{Metainfo, SCHEMA},
};

const DOCUMENT: &str = include_str!("../../../../docs/events.md");
const FILE: &str = include_str!("../../../../docs/events.schema.json");

/// The schema, closed: what it does not name is an error here, though not for a reader.
fn closed() -> Validator {
    let mut schema: Value = serde_json::from_str(FILE).unwrap();
    for part in schema["$defs"].as_object_mut().unwrap().values_mut() {
        part["additionalProperties"] = false.into();
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(validator: &Validator, line: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(line)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{line}: {errors:?}");
}

fn kinds() -> impl Iterator<Item = EventKind> {
    (0..=u8::MAX).filter_map(EventKind::from_number)
}

/// A record with everything, as the kernel programs write it.
fn record(kind: EventKind, client: Address, server: Address) -> Event {
    Event {
        version: VERSION,
        kind: kind as u8,
        reason: Reason::Replaced as u8,
        expectation: 3,
        session: 7,
        master: SessionKey {
            client,
            server,
            client_port: 40000,
            server_port: 21,
            zone: 0,
        },
        tuple: Tuple {
            source: client,
            destination: server,
            source_port: 40001,
            destination_port: 50000,
            zone: 0,
        },
        request: 3,
        ..Event::default()
    }
}

#[test]
fn every_event_fits() {
    let validator = closed();
    let v4 = [1, 2].map(|host| Address::from_v4([192, 0, 2, host]));
    let v6 = [1, 2].map(|host| Address::from_v6([host; 16]));
    for kind in kinds() {
        for [client, server] in [v4, v6] {
            for request in 0..5 {
                // No request is refused that is none.
                if request == 0 && kind == EventKind::Refused {
                    continue;
                }
                let record = Event {
                    request,
                    ..record(kind, client, server)
                };
                let view = EventView::of(&record).unwrap();
                assert_valid(&validator, &serde_json::to_value(view).unwrap());
            }
        }
    }
    for place in [LostWhere::RingBuffer, LostWhere::Monitor] {
        let view = EventView::lost(1, place);
        assert_valid(&validator, &serde_json::to_value(view).unwrap());
    }
}

/// What was made by hand has no control connection, and what is dropped neither.
#[test]
fn events_without_a_control_connection_fit() {
    let validator = closed();
    let host = |host| Address::from_v4([192, 0, 2, host]);
    for kind in kinds() {
        let of_session = matches!(
            kind,
            EventKind::SessionNew | EventKind::SessionEnd | EventKind::Refused
        );
        let record = Event {
            session: 0,
            master: SessionKey::default(),
            ..record(kind, host(1), host(2))
        };
        let line = serde_json::to_value(EventView::of(&record).unwrap()).unwrap();
        assert_eq!(validator.is_valid(&line), !of_session, "{line}");
    }
}

#[test]
fn what_does_not_fit() {
    let validator = closed();
    let time = "2026-11-21T09:00:00Z";
    let end = json!({"address": "192.0.2.1", "port": 1});
    let good = json!({
        "event": "dropped", "time": time, "reason": "unexpected", "source": end, "destination": end
    });
    assert_valid(&validator, &good);
    for (member, value) in [
        ("event", json!("exploded")),
        ("time", json!(7)),
        ("time", json!("yesterday")),
        ("reason", json!("not a name")),
        ("source", json!("192.0.2.1:1")),
        ("source", json!({"address": "192.0.2.1"})),
        ("source", json!({"address": "192.0.2.1", "port": 65536})),
        ("request", json!("RETR")),
        ("count", json!(1)),
        ("surprise", json!(1)),
    ] {
        let mut line = good.clone();
        line[member] = value;
        assert!(!validator.is_valid(&line), "{line}");
    }
    for line in [
        json!({}),
        json!([]),
        json!({"event": "lost", "time": time}),
        json!({"event": "session_new", "time": time}),
        json!({"metainfo": {"tool": "other", "version": "1", "schema": SCHEMA, "instance": "a"}}),
    ] {
        assert!(!validator.is_valid(&line), "{line}");
    }
}

/// The document has an example of each kind, under its name, that is written just so.
#[test]
fn the_document_has_an_example_of_each() {
    let validator = closed();
    let mut seen = BTreeSet::new();
    for section in DOCUMENT.split("\n## ").skip(1) {
        let (title, text) = section.split_once('\n').unwrap();
        let example = text.split("```").nth(1).unwrap();
        let example = example.strip_prefix("json\n").unwrap().trim_end();
        let view: EventView = serde_json::from_str(example).unwrap();
        assert_eq!(serde_json::to_string(&view).unwrap(), example);
        let line: Value = serde_json::from_str(example).unwrap();
        assert_eq!(line["event"], title);
        assert_valid(&validator, &line);
        if let Some(reason) = &view.reason {
            let known = Reason::ALL.iter().any(|known| known.name() == reason);
            assert!(known, "{reason}");
        }
        seen.insert(title.to_owned());
    }
    let mut wanted: BTreeSet<String> = kinds().map(|kind| kind.name().to_owned()).collect();
    wanted.insert("lost".to_owned());
    assert_eq!(seen, wanted);
}

/// The schema names each kind and has this build's version.
#[test]
fn the_version_is_this_builds() {
    let schema: Value = serde_json::from_str(FILE).unwrap();
    assert_eq!(schema["$id"], format!("urn:ftp-track:events:{SCHEMA}"));
    let greeting = json!({"metainfo": Metainfo::of(&Name::default())});
    assert_valid(&closed(), &greeting);
    let example = DOCUMENT.split("```json\n").nth(1).unwrap();
    let line: Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    assert_valid(&closed(), &line);
}
