//! Connections that were forgotten before they had shown that they are FTP are not picked up.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use ftp_track_common::{config::Mode, reason::Reason, rule::Rule};

use crate::harness::{
    play::{Control, Family, FromServer, Play},
    tracker::{Tracker, open},
};

/// Longer than the kernel's timer leaves a session that is over.
const PATIENCE: Duration = Duration::from_secs(15);

/// A tracker of its own, whose timer nobody else's maps keep busy, and which forgets soon.
fn forgetful() -> Tracker {
    let mut tracker = Tracker::load_with(&[]);
    tracker.reset(Mode::Enforce);
    tracker.configure(&[Rule {
        session_idle: 1_000_000,
        ..open()
    }]);
    tracker
}

fn wait_until_forgotten(play: &mut Play<'_>) {
    let until = Instant::now() + PATIENCE;
    while !play.tracker.sessions.entries().is_empty() {
        assert!(Instant::now() < until, "it stays");
        sleep(Duration::from_millis(50));
    }
    play.notes.clear();
}

/// Goes on in the middle, with an announcement, and gives how many expectations came of it.
fn go_on(play: &mut Play<'_>) -> usize {
    play.ask("TYPE I", "200 done");
    play.passive(50_000);
    play.tracker.expectations.entries().len()
}

#[test]
fn what_was_no_ftp() {
    let mut tracker = forgetful();
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.client("POST / HTTP/1.1");
    play.client("Host: server");
    wait_until_forgotten(&mut play);
    assert_eq!(go_on(&mut play), 0, "{:?}", play.notes);
    assert_eq!(play.tracker.sessions.entries().len(), 0);
    assert_eq!(play.tracker.count(Reason::Barred), 4);
    // A new connection with the same ports is another one.
    play.control = Control::new(Family::V4, 40_000);
    play.greet();
    assert_eq!(go_on(&mut play), 1, "{:?}", play.notes);
    // And when it is forgotten, nothing is left of the first.
    wait_until_forgotten(&mut play);
    assert_eq!(play.tracker.barred.entries().len(), 0);
    play.ask("TYPE I", "200 done");
    assert_eq!(play.tracker.sessions.entries().len(), 1, "picked up");
}

/// A server that plays along ends the session before the request comes, by a RST that goes no
/// farther than the gateway.
#[test]
fn what_had_not_spoken() {
    let mut tracker = forgetful();
    let mut play = Play::new(&mut tracker, Family::V6, 0);
    play.greet();
    play.reset(FromServer);
    wait_until_forgotten(&mut play);
    assert_eq!(go_on(&mut play), 0, "{:?}", play.notes);
    assert_eq!(play.tracker.count(Reason::Barred), 4);
}

#[test]
fn what_was_ftp_is_picked_up() {
    let mut tracker = forgetful();
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.ask("NOOP", "200 done");
    wait_until_forgotten(&mut play);
    assert_eq!(go_on(&mut play), 1, "{:?}", play.notes);
    assert_eq!(play.tracker.count(Reason::Barred), 0);
}

/// Nobody has read how it began.
#[test]
fn what_was_beyond_the_limit() {
    let mut tracker = forgetful();
    tracker.configure(&[Rule {
        sessions_per_client: 1,
        ..open()
    }]);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.control = Control::new(Family::V4, 40_001);
    play.greet();
    assert_eq!(play.tracker.count(Reason::ClientLimit), 1);
    play.control.next[0] = play.control.next[0].wrapping_add(100);
    assert_eq!(go_on(&mut play), 0, "{:?}", play.notes);
    assert_eq!(play.tracker.sessions.entries().len(), 1, "the first");
}
