//! TC programs are attached by TCX where the kernel has it, and in a clsact qdisc where it has not.

use ftp_track_tests::lab::{Host, LAN, Lab};
use ftp_track_tests::process;
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use crate::release::{self, Version};

/// The Linux version that brought it.
const TCX: Version = (6, 6);

fn qdiscs(lab: &Lab) -> String {
    let mut tc = lab.namespace(Host::Gateway).command("tc");
    process::run(tc.args(["qdisc", "show", "dev", LAN])).unwrap()
}

#[test]
fn tcx_or_clsact() {
    let lab = Lab::new().unwrap();
    let has_tcx = release::running() >= TCX;
    let tracker = Tracker::start(&lab, TrackerMode::Mark).unwrap();
    let (hook, other) = if has_tcx {
        ("(tcx)", "(clsact)")
    } else {
        ("(clsact)", "(tcx)")
    };
    let log = tracker.log();
    assert!(log.contains(&format!("{LAN} {hook}")), "{log}");
    assert!(!log.contains(other), "{log}");
    assert_eq!(qdiscs(&lab).contains("clsact"), !has_tcx);
    assert!(tracker.stop().unwrap().success());
    assert!(!qdiscs(&lab).contains("clsact"), "the qdisc is left");
}
