//! A tun device: packets without Ethernet header, which come by TC.

use std::net::SocketAddr;

use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, LAN, Lab, WAN};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use super::transfers;

fn by_tun(family: Family) {
    let lab = Lab::new().unwrap();
    let _relay = lab.tunnel().unwrap();
    let other = SocketAddr::new(Host::Client.address(family), 4444);
    let _listener = listen(&lab, Host::Client, other).unwrap();
    assert!(reaches(&lab, Host::Server, other).unwrap());

    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let log = tracker.log();
    let by = |hook| log.contains(&format!("{WAN} ({hook}"));
    assert!(by("tcx") || by("clsact"), "{log}");
    assert!(log.contains(&format!("{LAN} (driver")), "{log}");
    transfers(&lab, &tracker, family);
    assert_eq!(tracker.counter("unexpected").unwrap(), 0);
    assert!(!reaches(&lab, Host::Server, other).unwrap());
    assert_ne!(tracker.counter("unexpected").unwrap(), 0);

    assert!(tracker.stop().unwrap().success());
    assert!(reaches(&lab, Host::Server, other).unwrap());
}

#[test]
fn ipv4_through_a_tun_device() {
    by_tun(Family::V4);
}

#[test]
fn ipv6_through_a_tun_device() {
    by_tun(Family::V6);
}
