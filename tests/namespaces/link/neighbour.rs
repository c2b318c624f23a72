//! Programs and filters of others on the same interfaces.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, LAN, Lab, WAN};
use ftp_track_tests::process::{self, Service};
use ftp_track_tests::tracker::{Tracker, TrackerMode, run_command};
use serde_json::Value;

use super::foreign::{Foreign, Place};
use super::transfers;

/// The exit code for what the kernel refuses.
const REFUSED: i32 = 3;

/// Counts what programs have marked with bit 0 and bit 1.
const MARKS: &str = "\
table inet marks {
    counter before {}
    counter behind {}
    chain marked {
        type filter hook forward priority -10; policy accept;
        meta mark & 1 == 1 counter name before
        meta mark & 2 == 2 counter name behind
    }
}
";

fn run(lab: &Lab, line: &str) -> String {
    let mut words = line.split(' ');
    let program = words.next().unwrap();
    process::run(lab.namespace(Host::Gateway).command(program).args(words)).unwrap()
}

/// What was counted, before and behind, since it was last asked.
fn marked(lab: &Lab) -> [u64; 2] {
    let json: Value = serde_json::from_str(&run(lab, "nft -j reset counters")).unwrap();
    ["before", "behind"].map(|name| {
        let objects = json["nftables"].as_array().unwrap();
        let counter = objects
            .iter()
            .find(|object| object["counter"]["name"] == name);
        counter.unwrap()["counter"]["packets"].as_u64().unwrap()
    })
}

fn by_tc(mode: TrackerMode) {
    let lab = Lab::new().unwrap();
    let mut nft = lab.namespace(Host::Gateway).command("nft");
    process::run_with_input(nft.args(["-f", "-"]), MARKS).unwrap();
    run(&lab, &format!("tc qdisc add dev {LAN} clsact"));
    for direction in ["ingress", "egress"] {
        let filter = "protocol ip u32 match ip protocol 6 0xff classid 1:5";
        run(
            &lab,
            &format!("tc filter add dev {LAN} {direction} {filter}"),
        );
    }
    let filters = || {
        ["ingress", "egress"]
            .map(|direction| run(&lab, &format!("tc filter show dev {LAN} {direction}")))
    };
    let before = filters();
    assert!(before.iter().all(|text| text.contains("u32")), "{before:?}");

    // Ours goes in front of the one, and the other one in front of ours.
    let _behind = Foreign::tcx(&lab, LAN, Place::Last, 2);
    let tracker = Tracker::start(&lab, mode).unwrap();
    let _front = Foreign::tcx(&lab, LAN, Place::First, 1);
    for _ in 0..2 {
        transfers(&lab, &tracker, Family::V4);
        let [front, behind] = marked(&lab);
        assert!(front > 0 && front == behind, "{front} {behind}");
        assert_eq!(filters(), before);
    }
    assert!(tracker.stop().unwrap().success());
    assert_eq!(filters(), before);
    // They still run when ours have gone.
    let server = SocketAddr::new(Host::Server.address(Family::V4), 4444);
    let _listener = listen(&lab, Host::Server, server).unwrap();
    assert!(reaches(&lab, Host::Client, server).unwrap());
    let [front, behind] = marked(&lab);
    assert!(front > 0 && front == behind, "{front} {behind}");
}

#[test]
fn tc_programs_of_others_beside_xdp() {
    by_tc(TrackerMode::Enforce);
}

#[test]
fn tc_programs_of_others_beside_tc() {
    by_tc(TrackerMode::EnforceByTc);
}

fn refused_because_of(name: &str, says: &str) {
    let lab = Lab::new().unwrap();
    let _foreign = Foreign::xdp(&lab, WAN, name);
    let is_attached = || run(&lab, &format!("ip -details link show {WAN}")).contains("prog/xdp");
    assert!(is_attached());
    let command = run_command(&lab, TrackerMode::Enforce).unwrap();
    let log = lab.folder().join("refused.log");
    let mut tracker = Service::start("ftp-track", command, &log).unwrap();
    let end = tracker.wait_end(Duration::from_secs(60)).expect("it ends");
    let log = tracker.log();
    assert_eq!(end.code(), Some(REFUSED), "{log}");
    let sentence = format!("interface {WAN} has another XDP program already: {says}");
    assert!(log.contains(&sentence), "{log}");
    // Neither is it replaced, nor is anything of ours left on the other interface.
    assert!(is_attached());
    assert!(!run(&lab, &format!("ip -details link show {LAN}")).contains("prog/xdp"));
}

#[test]
fn an_xdp_program_of_others_is_not_replaced() {
    refused_because_of("their_filter", "their_filter (id ");
}

#[test]
fn the_dispatcher_of_libxdp_is_not_replaced() {
    refused_because_of("xdp_dispatcher", "libxdp's dispatcher");
}
