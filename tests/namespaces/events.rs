//! What `ftp-track monitor --output json` writes, against its schema.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::control::{Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{Service, wait_until};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, command};
use ftp_track_tests::transfer::Mode;
use serde_json::Value;

const SCHEMA: &str = include_str!("../../docs/events.schema.json");
const LIMIT: Duration = Duration::from_secs(10);

/// The schema, closed: what it does not name is an error here, though not for a reader.
fn closed() -> jsonschema::Validator {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for part in schema["$defs"].as_object_mut().unwrap().values_mut() {
        part["additionalProperties"] = false.into();
    }
    jsonschema::validator_for(&schema).unwrap()
}

/// Transfers, a refused PORT and a dropped connection: every line fits, and every kind comes.
fn written(family: Family) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let log = lab.folder().join("monitor.log");
    let mut monitor = command(&lab, "monitor").unwrap();
    monitor.args(["--output", "json"]);
    let mut monitor = Service::start("ftp-track monitor", monitor, &log).unwrap();
    let text = || fs::read_to_string(&log).unwrap_or_default();
    let greeted = || text().contains("metainfo");
    monitor.wait_ready(LIMIT, greeted).unwrap();

    let mut control = Control::open(&lab, &server, family).unwrap();
    for mode in [Mode::Passive, Mode::Active] {
        let announcement = control.announce(mode).unwrap();
        drop(control.open_data(&announcement).unwrap());
        control.end_data().unwrap();
    }
    // Two that replace each other, and a port that nobody may announce.
    control.announce(Mode::Passive).unwrap();
    control.announce(Mode::Passive).unwrap();
    let client = Host::Client.address(family);
    let number = match family {
        Family::V4 => 1,
        Family::V6 => 2,
    };
    let low = format!("EPRT |{number}|{client}|1023|");
    control.command(&low, "").unwrap();
    let stranger = SocketAddr::new(Host::Server.address(family), 7777);
    let _listener = listen(&lab, Host::Server, stranger).unwrap();
    assert!(!reaches(&lab, Host::Client, stranger).unwrap());
    control.command("QUIT", "221").unwrap();

    let kinds = || -> BTreeSet<String> {
        let text = text();
        // The last line may be half written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines();
        let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events
            .filter_map(|line| Some(line["event"].as_str()?.to_owned()))
            .collect()
    };
    let wanted: BTreeSet<String> = [
        "session_new",
        "expectation_new",
        "expectation_used",
        "flow_new",
        "flow_end",
        "expectation_end",
        "refused",
        "dropped",
        "session_end",
    ]
    .map(str::to_owned)
    .into();
    wait_until(LIMIT, || kinds() == wanted);
    assert_eq!(kinds(), wanted, "{}", text());
    assert!(tracker.stop().unwrap().success());
    assert!(monitor.wait_end(LIMIT).is_some(), "the monitor goes on");

    let validator = closed();
    let text = text();
    let (lines, remarks): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with('{'));
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&line)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
}

#[test]
fn fit_the_schema_over_ipv4() {
    written(Family::V4);
}

#[test]
fn fit_the_schema_over_ipv6() {
    written(Family::V6);
}
