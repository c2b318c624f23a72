//! Links without Ethernet between gateway and server: their packets come by TC.

use ftp_track_tests::lab::{Lab, WAN};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use crate::transfer;

fn enforced(lab: &Lab) {
    let tracker = Tracker::start(lab, TrackerMode::Enforce).unwrap();
    let log = tracker.log();
    let by = |hook| log.contains(&format!("{WAN} ({hook}"));
    assert!(by("tcx") || by("clsact"), "{log}");
    transfer::are_tracked(lab, &tracker, "expected", 1);
    assert_eq!(tracker.counter("unexpected").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn wireguard() {
    let lab = Lab::new().unwrap();
    lab.wireguard().unwrap();
    enforced(&lab);
}

#[test]
fn ppp() {
    let lab = Lab::new().unwrap();
    let _line = lab.ppp().unwrap();
    enforced(&lab);
}
