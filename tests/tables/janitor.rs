//! What is over leaves the maps by itself: no packet comes, and no daemon runs.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use ftp_track_common::{config::Mode, history::CLOSED, reason::Reason, rule::Rule};

use crate::harness::{
    data::Data,
    note,
    play::{Control, Family, Play},
    tracker::{Tracker, open},
};

/// Longer than the tracker leaves an entry that is over.
const PATIENCE: Duration = Duration::from_secs(15);

#[test]
fn everything_ends() {
    let mut tracker = Tracker::load_with(&[]);
    tracker.reset(Mode::Enforce);
    tracker.configure(&[Rule {
        expectation_lifetime: 1_000_000,
        session_idle: 1_000_000,
        flow_idle: 1_000_000,
        ..open()
    }]);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    // Another session's expectation is used, and its flow falls silent.
    let first = std::mem::replace(&mut play.control, Control::new(Family::V4, 40_001));
    let mut rule = open();
    rule.flow_idle = 1_000_000;
    rule.session_idle = 1_000_000;
    play.tracker.configure(&[rule]);
    play.greet();
    play.passive(50_001);
    Data::passive(&play, 50_001).open(&mut play);
    let control = std::mem::replace(&mut play.control, first);
    drop(play);
    assert_eq!(tracker.clients.entries().len(), 1);
    wait_until_empty(&tracker);
    let mut ends: Vec<String> = Vec::new();
    for event in tracker.events() {
        ends.push(note::text(&event, Family::V4, &control));
    }
    ends.sort();
    // The session may go before the expectation that it holds, and take it along.
    ends.retain(|note| note != "expectation_end passive server:50000 idle");
    ends.retain(|note| note != "expectation_end passive server:50000 expired");
    assert_eq!(
        ends,
        [
            "flow_end passive server:50001 idle",
            "session_end idle",
            "session_end idle",
        ]
    );
    assert_eq!(tracker.lost(), 0);
    // Their stories are told to the end.
    let histories = tracker.histories.entries();
    assert_eq!(histories.len(), 2);
    for (key, history) in histories {
        let last = history.kept().last().expect("a note");
        let about = (last.subject, Reason::from_number(last.reason));
        let port = key.client_port;
        assert_eq!(about, (CLOSED, Some(Reason::Idle)), "{port}: {history:?}");
    }
}

#[test]
fn an_expectation_expires_alone() {
    let mut tracker = Tracker::load_with(&[]);
    tracker.reset(Mode::Enforce);
    tracker.configure(&[Rule {
        expectation_lifetime: 1_000_000,
        ..open()
    }]);
    let mut play = Play::new(&mut tracker, Family::V6, 0);
    play.greet();
    play.passive(50_000);
    let control = play.control.clone();
    let until = Instant::now() + PATIENCE;
    while !play.tracker.expectations.entries().is_empty() {
        assert!(Instant::now() < until, "it stays");
        sleep(Duration::from_millis(100));
    }
    let events = play.tracker.events();
    let notes = events
        .iter()
        .map(|event| note::text(event, Family::V6, &control));
    let notes: Vec<String> = notes.collect();
    assert_eq!(notes, ["expectation_end passive server:50000 expired"]);
    assert_eq!(
        play.tracker.sessions.entries().len(),
        1,
        "the session lives"
    );
    assert_eq!(play.tracker.count(Reason::Expired), 0, "nobody tried it");
}

fn wait_until_empty(tracker: &Tracker) {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = [
            tracker.sessions.entries().len(),
            tracker.expectations.entries().len(),
            tracker.flows.entries().len(),
            tracker.clients.entries().len(),
        ];
        if left == [0; 4] {
            return;
        }
        assert!(Instant::now() < until, "left: {left:?}");
        sleep(Duration::from_millis(100));
    }
}
