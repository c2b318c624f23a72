//! Interfaces that could not be tracked at first, and programs that somebody detaches.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::tracker::{Tracker, TrackerMode, ask, json, traces};
use serde_json::Value;

use crate::link::foreign::{Foreign, detach};

const LIMIT: Duration = Duration::from_secs(60);

fn doors(lab: &Lab) -> Vec<Value> {
    let status = json(lab, "status").unwrap();
    status["daemon"]["interfaces"].as_array().unwrap().clone()
}

/// The pins of a tracker's links.
fn links(lab: &Lab) -> Vec<PathBuf> {
    let folders = traces(lab.name()).into_iter().filter(|path| path.is_dir());
    let entries = folders.flat_map(|folder| fs::read_dir(folder.join("links")).unwrap());
    let links: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!links.is_empty(), "{:?}", traces(lab.name()));
    links
}

/// What hinders is said once, and tracking begins when it has gone.
#[test]
fn what_was_refused_is_tried_again() {
    let lab = Lab::new().unwrap();
    let ip = |arguments: &str| {
        let mut ip = lab.namespace(Host::Gateway).command("ip");
        process::run(ip.args(arguments.split(' '))).unwrap()
    };
    let more = ["--interface", "late", "--wait-for-interfaces"];
    let tracker = Tracker::start_with(&lab, TrackerMode::Observe, &more).unwrap();
    let missing = "interface:    late (does not exist yet)\n";
    assert!(ask(&lab, "status").unwrap().contains(missing));
    ip("link add early type veth peer name other");
    let foreign = Foreign::xdp(&lab, "early", "somebodys");
    ip("link set early name late");
    let refused = wait_until(LIMIT, || {
        let refused = doors(&lab)[2]["refused"].clone();
        let another = "another XDP program";
        refused.as_str().is_some_and(|it| it.contains(another))
    });
    assert!(refused, "{}", tracker.log());
    assert!(doors(&lab)[2]["hook"].is_null());
    let text = ask(&lab, "status").unwrap();
    assert!(text.contains("late (not tracked: interface late"), "{text}");
    drop(foreign);
    let tracked = wait_until(LIMIT, || doors(&lab)[2]["hook"] == "driver");
    assert!(tracked, "{}", tracker.log());
    assert!(doors(&lab)[2]["refused"].is_null());
    let log = tracker.log();
    assert_eq!(log.matches("late: not tracked").count(), 1, "{log}");
    assert!(tracker.stop().unwrap().success());
}

/// With the next look, or at a reload.
#[test]
fn what_was_detached_is_attached_again() {
    for mode in [TrackerMode::Enforce, TrackerMode::EnforceByTc] {
        let lab = Lab::new().unwrap();
        let address = SocketAddr::new(Host::Client.address(Family::V4), 7777);
        let _listener = listen(&lab, Host::Client, address).unwrap();
        let tracker = Tracker::start(&lab, mode).unwrap();
        let is_shut = || !reaches(&lab, Host::Server, address).unwrap();
        assert!(is_shut(), "before");
        let before = doors(&lab);
        let detached = |log: &str| log.matches(": detached at ").count();
        for by_reload in [true, false] {
            let seen = detached(&tracker.log());
            let links = links(&lab);
            for link in &links {
                match by_reload {
                    true => detach(link),
                    false => fs::remove_file(link).unwrap(),
                }
            }
            if by_reload {
                ask(&lab, "reload").unwrap();
            }
            let all = seen + links.len();
            let noticed = wait_until(LIMIT, || detached(&tracker.log()) == all);
            assert!(noticed, "{}", tracker.log());
            let attached = wait_until(LIMIT, || doors(&lab) == before);
            assert!(attached, "{}", tracker.log());
            assert!(is_shut(), "{}", tracker.log());
        }
        assert!(tracker.stop().unwrap().success());
        assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
    }
}
