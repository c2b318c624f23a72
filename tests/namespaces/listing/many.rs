//! What `ftp-track list` and the daemon do with more entries than anybody wants to hold in memory.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ftp_track::clock;
use ftp_track::map::{Maps, PinDirectory};
use ftp_track_common::address::Address;
use ftp_track_common::flow::Flow;
use ftp_track_common::tuple::{FlowKey, Tuple};
use ftp_track_tests::lab::Lab;
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode, command, json};

const MANY: u32 = 100_000;
/// Bytes that a listing may have of its own: what it needs for a few rows, and less than half a
/// kilobyte for each of so many.
const MEMORY: u64 = 24 << 20;
const PATIENCE: Duration = Duration::from_secs(60);
const DAY: u64 = 24 * 3600 * 1_000_000_000;

fn maps(lab: &Lab) -> Maps {
    Maps::open(&PinDirectory::of(&lab.name().parse().unwrap())).unwrap()
}

/// A data connection of this number, which lasts longer than any test. Its client has 4000 of them.
fn flow(number: u32) -> (FlowKey, Flow) {
    let [_, high, middle, low] = (number / 4000 + 1).to_be_bytes();
    let client = Address::from_v4([10, high, middle, low]);
    let tuple = Tuple {
        source: client,
        destination: Address::from_v4([192, 0, 2, 1]),
        source_port: 10_000 + (number % 4000) as u16,
        destination_port: 50_000,
        zone: 0,
    };
    let (key, initiator_is_low) = FlowKey::of(&tuple);
    let now = clock::monotonic();
    let mut flow = Flow {
        created: now,
        seen: now,
        idle: DAY,
        established: 1,
        initiator_is_low: initiator_is_low.into(),
        ..Flow::default()
    };
    flow.master.client = client;
    (key, flow)
}

fn fill(lab: &Lab, count: u32) {
    let mut maps = maps(lab);
    for number in 0..count {
        let (key, flow) = flow(number);
        maps.flows.insert(&key, &flow).unwrap();
    }
}

/// The ends of `count` of them as the table shows them.
fn names(count: u32) -> BTreeSet<String> {
    let name = |number: u32| {
        let [_, high, middle, low] = (number / 4000 + 1).to_be_bytes();
        format!("10.{high}.{middle}.{low}:{}", 10_000 + number % 4000)
    };
    (0..count).map(name).collect()
}

/// `ftp-track list flows` with little memory.
fn listing(lab: &Lab) -> Command {
    let listing = command(lab, "list flows").unwrap();
    let mut limited = process::command("prlimit");
    limited.arg(format!("--data={MEMORY}"));
    limited
        .arg("--")
        .arg(listing.get_program())
        .args(listing.get_args());
    limited
}

#[test]
fn as_json_and_as_a_table_in_little_memory() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    fill(&lab, MANY);
    let text = process::run(listing(&lab).args(["--output", "json"])).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let flows = json["flows"].as_array().unwrap();
    let initiator = |flow: &serde_json::Value| {
        let end = &flow["initiator"];
        format!("{}:{}", end["address"].as_str().unwrap(), end["port"])
    };
    assert_eq!(flows.len(), MANY as usize);
    assert_eq!(
        flows.iter().map(initiator).collect::<BTreeSet<_>>(),
        names(MANY)
    );

    let text = process::run(&mut listing(&lab)).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("INITIATOR"));
    let first: Vec<String> = lines
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(first.len(), MANY as usize);
    assert_eq!(first.into_iter().collect::<BTreeSet<_>>(), names(MANY));
    drop(tracker);
}

/// Some go and others come all the time: those that stay are shown, each once.
#[test]
fn while_others_come_and_go() {
    const STAY: u32 = 20_000;
    const GO: u32 = 4000;
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    fill(&lab, STAY + GO);
    let end = AtomicBool::new(false);
    let turns = thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let mut maps = maps(&lab);
            let mut turns = 0;
            while !end.load(Ordering::Relaxed) {
                for number in STAY..STAY + GO {
                    let (key, flow) = flow(number);
                    assert!(maps.flows.remove(&key).unwrap());
                    maps.flows.insert(&key, &flow).unwrap();
                }
                turns += 1;
            }
            turns
        });
        for _ in 0..3 {
            let flows = tracker.list(Listing::Flows).unwrap();
            let shown = flows.iter().map(|flow| {
                let end = &flow["initiator"];
                format!("{}:{}", end["address"].as_str().unwrap(), end["port"])
            });
            let stay = names(STAY);
            let shown: Vec<String> = shown.filter(|name| stay.contains(name)).collect();
            assert_eq!(shown.len(), stay.len());
            assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), stay);
        }
        end.store(true, Ordering::Relaxed);
        changing.join().unwrap()
    });
    assert!(turns > 0);
}

/// Whoever reads nothing keeps nobody from his work, and whoever goes ends the listing.
#[test]
fn for_a_reader_that_takes_his_time_and_goes() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    fill(&lab, MANY);
    let mut child = listing(&lab).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut title = [0; 9];
    output.read_exact(&mut title).unwrap();
    assert_eq!(&title, b"INITIATOR");
    // The rest fills the pipe, and waits.
    assert_eq!(json(&lab, "status").unwrap()["state"], "running");
    assert!(child.try_wait().unwrap().is_none(), "the pipe took it all");
    drop(output);
    let mut status = None;
    let ended = wait_until(PATIENCE, || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert!(ended);
    assert!(status.unwrap().success());
    drop(tracker);
}

/// The daemon needs much to start, and gives it back; what is in the maps costs it nothing.
#[test]
fn an_idle_daemon_is_small() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start_with(&lab, TrackerMode::Enforce, &["--keep"]).unwrap();
    fill(&lab, MANY);
    assert!(tracker.stop().unwrap().success());
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let own = || {
        let status = fs::read_to_string(format!("/proc/{}/status", tracker.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes = line.unwrap().split_whitespace().next().unwrap();
        kilobytes.parse::<u32>().unwrap()
    };
    // It looks through the maps first.
    let small = wait_until(PATIENCE, || own() < 5 * 1024);
    assert!(small, "{} kB", own());
    assert_eq!(tracker.list(Listing::Flows).unwrap().len(), MANY as usize);
}
