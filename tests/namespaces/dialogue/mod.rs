//! Dialogues that no server and client would have of themselves, between two real TCP stacks, with
//! the gateway in enforce mode: which data connections come through afterwards?

mod conversation;
mod crowd;
mod expectation;
mod script;
mod stream;
mod trust;

use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use script::Session;

/// A dialogue on a control connection of its own.
struct Row {
    name: &'static str,
    family: Family,
    script: &'static str,
    /// Reasons that must have come up.
    counted: &'static [&'static str],
}

/// Runs rows, one after the other; every row that is not as it should be is named.
fn run(rows: &[Row]) {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let mut failures = Vec::new();
    for row in rows {
        let counts = || -> Vec<u64> {
            let count = |reason: &&str| tracker.counter(reason).unwrap();
            row.counted.iter().map(count).collect()
        };
        let before = counts();
        let result = Session::open(&lab, row.family).run(row.script);
        if let Err(error) = result {
            failures.push(format!("{}: {error}", row.name));
        }
        for ((reason, before), after) in row.counted.iter().zip(before).zip(counts()) {
            if after == before {
                failures.push(format!("{}: {reason} was not counted", row.name));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}\n{}",
        failures.join("\n"),
        tracker.log()
    );
    assert!(tracker.stop().unwrap().success());
}

/// A dialogue whose control connection is older than the tracker.
fn run_older(name: &str, before: &str, after: &str) {
    let lab = Lab::new().unwrap();
    let mut session = Session::open(&lab, Family::V4);
    session
        .run(before)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    session
        .run(after)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(tracker.counter("no_handshake").unwrap() > 0, "{name}");
    assert!(tracker.stop().unwrap().success());
}
