//! Links without Ethernet between gateway and server: their packets come by TC.

use ftp_track_tests::lab::{Family, Lab, WAN};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use crate::transfer;

fn tracked(lab: &Lab, mode: TrackerMode) {
    let tracker = Tracker::start(lab, mode).unwrap();
    let log = tracker.log();
    let by = |hook| log.contains(&format!("{WAN} ({hook}"));
    assert!(by("tcx") || by("clsact"), "{log}");
    for family in Family::ALL {
        let before = tracker.counter("expected").unwrap();
        let transfers = transfer::run(lab, family, 1);
        let expected = tracker.counter("expected").unwrap() - before;
        assert!(
            transfers > 0 && expected >= transfers,
            "{family}: {expected} of {transfers}\n{}",
            tracker.log()
        );
    }
    assert_eq!(tracker.counter("unexpected").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn wireguard() {
    let lab = Lab::new().unwrap();
    lab.wireguard().unwrap();
    tracked(&lab, TrackerMode::Enforce);
}

#[test]
fn ppp() {
    let lab = Lab::new().unwrap();
    let _line = lab.ppp().unwrap();
    tracked(&lab, TrackerMode::Enforce);
}
