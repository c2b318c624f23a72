//! What an administrator asks of a tracker and does to it, and interfaces that come and go.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::control::{Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, LAN, Lab, WAN};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode, ask, attached, json, list, traces};
use ftp_track_tests::transfer::Mode;

const LIMIT: Duration = Duration::from_secs(10);

/// Made by hand, it admits one connection, and then no other.
#[test]
fn an_expectation_made_by_hand_is_used_once() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let (from, to) = (Host::Client, Host::Server);
    for family in Family::ALL {
        let address = SocketAddr::new(to.address(family), 7777);
        let _listener = listen(&lab, to, address).unwrap();
        let client = from.address(family);
        let add = format!("add expectation --from {client} --to {address} --lifetime 30s");
        assert!(!reaches(&lab, from, address).unwrap(), "{family}: before");
        let said = ask(&lab, &add).unwrap();
        assert!(said.starts_with("added expectation"), "{said}");
        let expectations = tracker.list(Listing::Expectations).unwrap();
        assert!(expectations[0]["master"].is_null(), "{expectations:?}");
        assert!(ask(&lab, &add).unwrap_err().to_string().contains("already"));
        assert!(reaches(&lab, from, address).unwrap(), "{family}: expected");
        assert!(!reaches(&lab, from, address).unwrap(), "{family}: twice");
        // And one that is taken back.
        ask(&lab, &add).unwrap();
        ask(&lab, &format!("delete expectation {client} {address}")).unwrap();
        assert!(!reaches(&lab, from, address).unwrap(), "{family}: deleted");
    }
    assert_eq!(tracker.counter("removed_by_hand").unwrap(), 2);
    assert!(
        tracker.log().contains("removed_by_hand"),
        "{}",
        tracker.log()
    );
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn flushing_works_with_and_without_a_daemon() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    control.announce(Mode::Passive).unwrap();
    let status = json(&lab, "status").unwrap();
    assert_eq!(status["daemon"]["interfaces"][0]["hook"], "driver");
    assert_eq!(status["maps"][0]["entries"], 1);
    assert_eq!(
        ask(&lab, "flush expectations").unwrap(),
        "removed 1 expectation\n"
    );
    tracker.kill().unwrap();
    assert_eq!(ask(&lab, "flush sessions").unwrap(), "removed 1 session\n");
    assert!(list(&lab, Listing::Sessions).unwrap().is_empty());
    ask(&lab, "stop").unwrap();
    assert!(traces(lab.name()).is_empty());
    assert!(ask(&lab, "status").is_err());
}

#[test]
fn stop_ends_a_daemon_that_would_keep() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start_with(&lab, TrackerMode::Observe, &["--keep"]).unwrap();
    assert!(
        ask(&lab, "stop")
            .unwrap()
            .starts_with("stopped the tracker")
    );
    assert!(attached(&lab).unwrap().is_empty());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
    drop(tracker);
}

/// Renamed, renamed back, deleted and made again: followed by its name.
#[test]
fn interfaces_are_followed() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start_with(
        &lab,
        TrackerMode::Observe,
        &["--interface", "late", "--wait-for-interfaces"],
    )
    .unwrap();
    let ip = |arguments: &str| {
        let mut ip = lab.namespace(Host::Gateway).command("ip");
        process::run(ip.args(arguments.split(' '))).unwrap()
    };
    let is = |wanted: &[&str]| {
        let mut names = Vec::new();
        let came = wait_until(LIMIT, || {
            names = attached(&lab).unwrap();
            names.sort();
            names
                .iter()
                .map(|name| name.trim_matches('"'))
                .eq(wanted.iter().copied())
        });
        assert!(came, "{names:?} instead of {wanted:?}: {}", tracker.log());
    };
    is(&[LAN, WAN]);
    for _ in 0..2 {
        ip("link add late type veth peer name other");
        is(&[LAN, "late", WAN]);
        ip("link set late name later");
        is(&[LAN, WAN]);
        ip("link set later name late");
        is(&[LAN, "late", WAN]);
        ip("link delete late");
        is(&[LAN, WAN]);
    }
    let status = json(&lab, "status").unwrap();
    let doors = status["daemon"]["interfaces"].as_array().unwrap();
    assert!(doors[2]["hook"].is_null(), "{doors:?}");
    assert!(tracker.stop().unwrap().success());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
}
