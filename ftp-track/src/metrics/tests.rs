//! The metrics against the reasons of the engine and against `docs/metrics.md`.

use std::collections::BTreeSet;

use ftp_track_common::{address::Address, reason::Reason};

use super::*;
use crate::view::DoorView;

const DOCUMENT: &str = include_str!("../../../docs/metrics.md");

fn sample() -> Sample {
    let door = |name: &str, hook: Option<&str>| DoorView {
        name: name.to_owned(),
        index: hook.map(|_| 3),
        hook: hook.map(str::to_owned),
        egress: hook.map(|_| "tcx".to_owned()),
        refused: None,
    };
    let named = Reason::ALL.iter().filter(|reason| **reason != Reason::None);
    let fill = |map: &str| FillView {
        map: map.to_owned(),
        entries: 3,
        capacity: 10,
    };
    Sample {
        running: RunningView {
            version: "1.2.3".to_owned(),
            pid: 1,
            started: "2026-11-21T09:00:00Z".parse().unwrap(),
            mode: "enforce".to_owned(),
            keep: false,
            metrics: None,
            interfaces: vec![door("lan", Some("driver")), door("a\"\\\nb", None)],
            remarks: Vec::new(),
        },
        counters: CountersView {
            counters: named
                .map(|reason| (*reason, reason.slot() as u64))
                .collect(),
            lost_events: 7,
        },
        maps: ["sessions", "expectations", "flows"].map(fill).to_vec(),
        crowd: Crowd {
            clients: 2,
            sessions: 5,
            flows: 6,
        },
    }
}

#[test]
fn lines() {
    let text = text(sample());
    for line in [
        "# HELP ftp_track_decisions_total Decisions about packets, lines and entries, by their reason.",
        "# TYPE ftp_track_decisions_total counter",
        "ftp_track_decisions_total{reason=\"bounce\"} 39",
        "ftp_track_lost_events_total 7",
        "# TYPE ftp_track_map_entries gauge",
        "ftp_track_map_entries{map=\"flows\"} 3",
        "ftp_track_map_capacity{map=\"sessions\"} 10",
        "ftp_track_clients 2",
        "ftp_track_client_entries_max{map=\"sessions\"} 5",
        "ftp_track_client_entries_max{map=\"flows\"} 6",
        "ftp_track_start_time_seconds 1795251600",
        "ftp_track_interface_attached{interface=\"lan\",hook=\"driver\",egress=\"tcx\"} 1",
        "ftp_track_interface_attached{interface=\"a\\\"\\\\\\nb\",hook=\"\",egress=\"\"} 0",
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line} in\n{text}");
    }
    let build = "ftp_track_build_info{version=\"1.2.3\",layout=\"";
    assert!(text.contains(build), "{text}");
    assert!(!text.contains("EOF"), "{text}");
    assert!(text.ends_with('\n'));
}

#[test]
fn the_busiest_client_may_be_another_one_for_each() {
    let client = |sessions, flows| {
        let mut client = Client::default();
        (client.sessions, client.flows) = (sessions, flows);
        client
    };
    let key = |last| ClientKey::of(&Address::from_v4([192, 0, 2, last]), 0);
    let entries = [
        (key(1), client(3, 1)),
        (key(2), client(1, 4)),
        (ClientKey::default(), client(9, 0)),
    ];
    let (clients, sessions, flows) = (2, 3, 4);
    let expect = Crowd {
        clients,
        sessions,
        flows,
    };
    assert_eq!(Crowd::from_iter(entries), expect);
}

/// Every sample belongs to the family announced above it, with its labels; every family is served.
#[test]
fn samples_have_their_familys_labels() {
    let text = text(sample());
    let mut served = BTreeSet::new();
    let mut family: Option<&Family> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# HELP ") {
            let is_it = |family: &&Family| name.starts_with(&format!("{} ", family.name()));
            family = FAMILIES.iter().find(is_it);
            assert!(family.is_some(), "{line}");
        } else if !line.starts_with('#') {
            let family = family.unwrap();
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            assert_eq!(name, family.name());
            let labels: Vec<&str> = rest.split("=\"").collect();
            assert_eq!(labels.len() - 1, family.labels.len(), "{line}");
            for (seen, wanted) in labels.iter().zip(family.labels) {
                assert!(seen.ends_with(wanted), "{line}");
            }
            served.insert(name.to_owned());
        }
    }
    assert_eq!(served.len(), FAMILIES.len());
}

#[test]
fn every_reason_is_a_label() {
    let text = text(sample());
    for reason in Reason::ALL {
        let line = format!("ftp_track_decisions_total{{reason=\"{}\"}}", reason.name());
        let times = text.matches(&line).count();
        assert_eq!(times, usize::from(*reason != Reason::None), "{line}");
    }
}

/// A row of the document for each family, and no other.
#[test]
fn the_document_lists_every_family() {
    let row = |family: &Family| {
        let labels: Vec<String> = family
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let (name, kind) = (family.name(), family.kind.name());
        format!(
            "| `{name}` | {kind} | {} | {} |",
            labels.join(", "),
            family.help
        )
    };
    let wanted: BTreeSet<String> = FAMILIES.iter().map(row).collect();
    let lines = DOCUMENT.lines().map(str::to_owned);
    let rows: BTreeSet<String> = lines
        .filter(|line| line.starts_with("| `ftp_track_"))
        .collect();
    assert_eq!(rows, wanted);
    // Also elsewhere, in examples of queries, there is no family that is not served.
    let words =
        DOCUMENT.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    for word in words.filter(|word| word.starts_with("ftp_track_")) {
        let known = FAMILIES.iter().any(|family| family.name() == word);
        assert!(
            known,
            "docs/metrics.md speaks of {word}, which is not served"
        );
    }
}
