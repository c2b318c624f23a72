//! Control connections over links that lose, delay, repeat, split and overlap segments, and on which
//! somebody forges some: none may hang, and no announcement may be missed.

mod carrier;
mod client;
mod mangler;
mod random;
mod segment;

use std::time::{Duration, Instant};

use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::Mode;

use carrier::Carrier;
use client::Client;
use mangler::{Fault, Mangler};

/// Takes another seed than the fixed one.
const SEED: &str = "FTP_TRACK_SEED";
/// Control connections of one test, one after the other.
const CONNECTIONS: usize = 5;
/// No test takes nearly as long, unless something hangs; the machine may be busy.
const LIMIT: Duration = Duration::from_secs(180);

fn seed(fixed: u64) -> u64 {
    let seed = std::env::var(SEED).ok();
    seed.map_or(fixed, |seed| seed.parse().expect("a number"))
}

fn transfers(count: usize, family: Family, cut: &[Host], fixed: u64) {
    let seed = seed(fixed);
    println!("{SEED}={seed}");
    let lab = Lab::new().unwrap();
    let wires: Vec<_> = cut.iter().map(|host| lab.cut(*host).unwrap()).collect();
    let carry = |(number, wire): (usize, &_)| {
        Carrier::start(
            wire,
            Mangler::new(Fault::All, seed.wrapping_add(number as u64)),
        )
    };
    let carriers: Vec<Carrier> = wires.iter().enumerate().map(carry).collect();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();

    let took = run(&lab, &server, &tracker, count, family);
    for carrier in carriers {
        let tally = carrier.stop();
        println!("{tally:?}");
        let done = [
            tally.lost,
            tally.late,
            tally.doubled,
            tally.split,
            tally.overlapped,
            tally.forged,
        ];
        assert!(
            done.iter().all(|count| *count > 5),
            "too good a link: {tally:?}"
        );
    }
    assert!(took < LIMIT, "{took:?}");
    assert_eq!(tracker.counter("expected").unwrap(), count as u64);
    assert_eq!(
        tracker.counter("unexpected").unwrap(),
        0,
        "one came too late"
    );
    for reason in [
        "held_back",
        "retransmission",
        "outside_window",
        "bad_checksum",
    ] {
        assert_ne!(tracker.counter(reason).unwrap(), 0, "{reason}");
    }
    assert!(tracker.stop().unwrap().success());
}

/// Many transfers over a few control connections; gives how long they took.
fn run(lab: &Lab, server: &Server, tracker: &Tracker, count: usize, family: Family) -> Duration {
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    for connection in 0..CONNECTIONS {
        let mut client = Client::open(lab, server, family).unwrap();
        for number in 0..count / CONNECTIONS {
            let mode = Mode::ALL[(connection + number) % 2];
            let done = client.transfer(mode, number % 8);
            done.unwrap_or_else(|error| {
                panic!(
                    "connection {connection}, transfer {number}: {error:#}\n{}",
                    tracker.log()
                )
            });
        }
        slowest = slowest.max(client.slowest);
    }
    let took = start.elapsed();
    println!("{count} transfers in {took:.1?}, the slowest burst took {slowest:.1?}");
    took
}

/// Where nothing may be held back, no line is missed either.
fn observed(fault: Fault, family: Family, cut: Host) {
    const COUNT: usize = 60;
    let lab = Lab::new().unwrap();
    let wire = lab.cut(cut).unwrap();
    let carrier = Carrier::start(&wire, Mangler::new(fault, seed(4)));
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    run(&lab, &server, &tracker, COUNT, family);
    let tally = carrier.stop();
    println!("{tally:?}");
    assert!(tally.late + tally.lost > 10, "too good a link: {tally:?}");
    assert_eq!(tracker.counter("expected").unwrap(), COUNT as u64);
    assert_ne!(tracker.counter("kept").unwrap(), 0);
    for reason in ["unexpected", "resynchronised", "gap_passed", "held_back"] {
        assert_eq!(tracker.counter(reason).unwrap(), 0, "{reason}");
    }
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn out_of_order_in_observe_mode_over_ipv4() {
    observed(Fault::Order, Family::V4, Host::Client);
}

#[test]
fn out_of_order_in_observe_mode_over_ipv6() {
    observed(Fault::Order, Family::V6, Host::Server);
}

#[test]
fn losses_in_observe_mode_over_ipv4() {
    observed(Fault::Loss, Family::V4, Host::Client);
}

#[test]
fn towards_the_client_over_ipv4() {
    transfers(80, Family::V4, &[Host::Client], 1);
}

#[test]
fn towards_the_server_over_ipv6() {
    transfers(80, Family::V6, &[Host::Server], 2);
}

#[test]
fn on_both_sides_over_ipv4() {
    transfers(60, Family::V4, &[Host::Client, Host::Server], 3);
}
