//! Many at once (rule 16).

use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode};

use super::script::Session;

/// Control connections that are open at the same time.
const CROWD: u16 = 150;

#[test]
fn all_are_served() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let mut sessions: Vec<Session<'_>> = (0..CROWD)
        .map(|_| Session::open(&lab, Family::V4))
        .collect();
    let port = |number: u16| 50_000 + number;
    for (number, session) in (0..).zip(&mut sessions) {
        let [high, low] = port(number).to_be_bytes();
        let script = format!("< 220 ready\n> PASV\n< 227 ({{S}},{high},{low})");
        session.run(&script).unwrap();
    }
    assert_eq!(
        tracker.list(Listing::Expectations).unwrap().len(),
        usize::from(CROWD)
    );
    for (number, session) in (0..).zip(&mut sessions) {
        session.run(&format!("+ passive {}", port(number))).unwrap();
    }
    assert_eq!(tracker.counter("expected").unwrap(), u64::from(CROWD));
    sessions[0].run("- passive 50000").unwrap();
    assert!(tracker.stop().unwrap().success());
}
