//! A gateway that is a bridge: its ports are the interfaces that are named.

use std::net::SocketAddr;

use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab, Relay, Wire};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use super::{leave_room, transfers};

/// An unannounced connection does not get through, transfers do.
fn enforced(lab: &Lab, mode: TrackerMode) {
    let tracker = Tracker::start(lab, mode).unwrap();
    for family in Family::ALL {
        transfers(lab, &tracker, family);
        let other = SocketAddr::new(Host::Server.address(family), 4444);
        let _listener = listen(lab, Host::Server, other).unwrap();
        assert!(!reaches(lab, Host::Client, other).unwrap());
    }
    assert_ne!(tracker.counter("unexpected").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
    let other = SocketAddr::new(Host::Server.address(Family::V4), 4444);
    let _listener = listen(lab, Host::Server, other).unwrap();
    assert!(reaches(lab, Host::Client, other).unwrap());
}

#[test]
fn ports_of_a_bridge_by_xdp() {
    let lab = Lab::new().unwrap();
    lab.bridge().unwrap();
    enforced(&lab, TrackerMode::Enforce);
}

#[test]
fn ports_of_a_bridge_by_tc() {
    let lab = Lab::new().unwrap();
    lab.bridge().unwrap();
    enforced(&lab, TrackerMode::EnforceByTc);
}

/// Tags what goes to the gateway. What comes from there has its outer tag stripped by the kernel.
fn tagged(wire: &Wire, tags: &'static [u8]) -> Relay {
    Relay::start(wire.ports().unwrap(), move |side, mut frame| {
        if side == 0 {
            frame.splice(12..12, tags.iter().copied());
        } else {
            // Of two tags the inner one is still there.
            let inner = tags.len() - 4;
            frame.drain(12..12 + inner);
        }
        vec![frame]
    })
}

fn between_tagged_wires(tags: &'static [u8], mode: TrackerMode) {
    let lab = Lab::new().unwrap();
    let wires = [Host::Client, Host::Server].map(|host| lab.cut(host).unwrap());
    lab.bridge().unwrap();
    leave_room(&lab);
    let _relays = wires.each_ref().map(|wire| tagged(wire, tags));
    enforced(&lab, mode);
}

/// IEEE 802.1Q, VLAN 5.
const VLAN: &[u8] = &[0x81, 0x00, 0, 5];
/// IEEE 802.1ad, VLAN 7 of a provider around VLAN 5.
const QINQ: &[u8] = &[0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 5];

#[test]
fn a_vlan_tag_by_xdp() {
    between_tagged_wires(VLAN, TrackerMode::Enforce);
}

#[test]
fn a_vlan_tag_by_tc() {
    between_tagged_wires(VLAN, TrackerMode::EnforceByTc);
}

#[test]
fn two_vlan_tags_by_xdp() {
    between_tagged_wires(QINQ, TrackerMode::Enforce);
}
