//! Where `rp_filter` is strict, a segment that the kernel drops for where it came from is not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use etherparse::PacketBuilder;
use ftp_track_tests::lab::{Family, Host, Lab, Relay};
use ftp_track_tests::process;
use ftp_track_tests::server::CONTROL_PORT;
use ftp_track_tests::tracker::{Tracker, TrackerMode};

use super::transfers;

/// A SYN that comes in by the server's link, in the name of `client`.
fn forged(frame: &[u8], client: [u8; 4], server: [u8; 4]) -> Vec<u8> {
    let address = |at: usize| frame[at..at + 6].try_into().expect("six bytes");
    let builder = PacketBuilder::ethernet2(address(6), address(0))
        .ipv4(client, server, 64)
        .tcp(40_000, CONTROL_PORT, 1_000, 64_000)
        .syn();
    let mut forged = Vec::new();
    builder.write(&mut forged, &[]).expect("it fits");
    forged
}

fn set(lab: &Lab, setting: &str) {
    let mut sysctl = lab.namespace(Host::Gateway).command("sysctl");
    process::run(sysctl.args(["-qw", setting])).unwrap();
}

#[test]
fn a_syn_by_the_wrong_interface() {
    // Without it honest packets may come by any interface, and only both sides tell.
    for (rp_filter, is_read) in [("1", false), ("0", true)] {
        let lab = Lab::new().unwrap();
        for interface in ["all", "lan", "wan"] {
            set(
                &lab,
                &format!("net.ipv4.conf.{interface}.rp_filter={rp_filter}"),
            );
        }
        let wire = lab.cut(Host::Server).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let sent = Arc::clone(&count);
        let _relay = Relay::start(wire.ports().unwrap(), move |side, frame| {
            if side != 0 || frame[12..14] != [8, 0] {
                return vec![frame];
            }
            // The client's neighbour, and a server behind the client's link.
            let forged = forged(&frame, [192, 0, 2, 77], [203, 0, 113, 1]);
            sent.fetch_add(1, Relaxed);
            vec![frame, forged]
        });
        let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
        transfers(&lab, &tracker, Family::V4);
        assert!(count.load(Relaxed) > 0);
        let refused = tracker.counter("reverse_path").unwrap();
        assert_eq!(
            refused == 0,
            is_read,
            "{refused} with rp_filter = {rp_filter}"
        );
        assert!(tracker.stop().unwrap().success());
    }
}
