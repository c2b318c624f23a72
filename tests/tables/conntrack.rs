//! The entries that an expected connection gets in the kernel's conntrack, in conntrack mode.

use std::fs;

use ftp_track_common::{config::Mode, reason::Reason};

use crate::harness::{
    data::Data,
    play::{Family, Play},
    pool,
    tracker::{Door, Tracker, Verdict},
};

/// Entries of this namespace with these ports, however the connection is looked at.
pub fn entries(from: u16, to: u16) -> Vec<String> {
    let table = fs::read_to_string("/proc/thread-self/net/nf_conntrack");
    let table = table.expect("a kernel with conntrack and CONFIG_NF_CONNTRACK_PROCFS");
    let wanted = format!("sport={from} dport={to} ");
    let lines = table.lines().filter(|line| line.contains(&wanted));
    lines.map(str::to_owned).collect()
}

fn play(tracker: &mut Tracker, family: Family, mode: Mode) -> Play<'_> {
    tracker.reset(mode);
    let mut play = Play::new(tracker, family, 0);
    play.greet();
    play
}

/// Each test has ports of its own: entries stay for seconds.
fn passive(play: &mut Play<'_>, port: u16) -> Data {
    play.passive(port);
    Data::passive(play, port)
}

fn active(play: &mut Play<'_>, port: u16) -> Data {
    play.active(port);
    Data::active(play, port)
}

#[test]
fn an_expected_connection_gets_an_entry() {
    let mut tracker = pool::tracker();
    for (door, family, first) in [
        (Door::Xdp, Family::V4, 51_000),
        (Door::Xdp, Family::V6, 51_100),
        (Door::Tc, Family::V4, 51_010),
        (Door::Tc, Family::V6, 51_110),
    ] {
        for (announce, port) in [
            (passive as fn(&mut Play<'_>, u16) -> Data, first),
            (active, first + 1),
        ] {
            let mut play = play(&mut tracker, family, Mode::Conntrack);
            play.tracker.door = door;
            let data = announce(&mut play, port);
            let from = data.ends[0].port();
            assert_eq!(entries(from, port).len(), 0);
            assert_eq!(data.syn(&mut play), Verdict::Pass);
            assert_eq!(play.tracker.count(Reason::ConntrackMade), 1);

            let entries = entries(from, port);
            let [entry] = entries.as_slice() else {
                panic!("{door:?} {family:?} {port}: {entries:?}");
            };
            let address = |end: usize| match data.ends[end].ip() {
                std::net::IpAddr::V4(address) => address.to_string(),
                std::net::IpAddr::V6(address) => {
                    let groups = address.segments().map(|group| format!("{group:04x}"));
                    groups.join(":")
                }
            };
            let expect = format!(
                "src={} dst={} sport={from} dport={port} ",
                address(0),
                address(1)
            );
            assert!(entry.contains(&expect), "{entry}: {expect}");
            assert!(!entry.contains("UNREPLIED"), "{entry}");
            // Should conntrack never see the SYN, nothing stays behind: family, its number, protocol,
            // its number, seconds.
            let seconds = entry.split_whitespace().nth(4).map(str::parse::<u32>);
            assert!(matches!(seconds, Some(Ok(0..=5))), "{entry}");
        }
    }
}

#[test]
fn an_entry_that_exists_is_left_alone() {
    let mut tracker = pool::tracker();
    let mut play = play(&mut tracker, Family::V4, Mode::Conntrack);
    let data = passive(&mut play, 51_200);
    data.syn(&mut play);
    data.syn(&mut play);
    let from = data.ends[0].port();
    assert_eq!(entries(from, 51_200).len(), 1);
    assert_eq!(play.tracker.count(Reason::ConntrackMade), 1);
    assert_eq!(play.tracker.count(Reason::ConntrackExists), 1);
    assert_eq!(play.tracker.count(Reason::ConntrackFailed), 0);
}

#[test]
fn what_is_not_expected_gets_none() {
    let mut tracker = pool::tracker();
    let mut play = play(&mut tracker, Family::V4, Mode::Conntrack);
    let data = passive(&mut play, 51_300);
    let mut beside = data.clone();
    beside.ends[1].set_port(51_301);
    assert_eq!(beside.syn(&mut play), Verdict::Pass, "the firewall decides");
    assert_eq!(play.tracker.count(Reason::Unexpected), 1);
    assert_eq!(entries(beside.ends[0].port(), 51_301).len(), 0);
    // One-shot: the second connection to the announced port is another one.
    data.syn(&mut play);
    let mut second = data.clone();
    second.ends[0].set_port(50_556);
    assert_eq!(second.syn(&mut play), Verdict::Pass);
    assert_eq!(entries(50_556, 51_300).len(), 0);
    assert_eq!(play.tracker.count(Reason::ConntrackMade), 1);
}

#[test]
fn other_modes_make_none() {
    let mut tracker = pool::tracker();
    for (mode, port) in [(Mode::Observe, 51_400), (Mode::Enforce, 51_401)] {
        let mut play = play(&mut tracker, Family::V4, mode);
        let data = passive(&mut play, port);
        assert_eq!(data.syn(&mut play), Verdict::Pass);
        assert_eq!(play.tracker.count(Reason::Expected), 1);
        assert_eq!(play.tracker.count(Reason::ConntrackMade), 0);
        assert_eq!(entries(data.ends[0].port(), port).len(), 0);
    }
}

#[test]
fn without_the_program_the_connection_passes_and_is_counted() {
    let mut tracker = Tracker::load_with(&[]);
    tracker.remove_conntrack();
    let mut play = play(&mut tracker, Family::V4, Mode::Conntrack);
    let data = passive(&mut play, 51_500);
    assert_eq!(data.syn(&mut play), Verdict::Pass);
    assert_eq!(play.tracker.count(Reason::ConntrackFailed), 1);
    assert_eq!(entries(data.ends[0].port(), 51_500).len(), 0);
}

#[test]
fn a_server_that_acts_before_it_speaks_has_to_insist() {
    let mut tracker = pool::tracker();
    let mut play = play(&mut tracker, Family::V4, Mode::Conntrack);
    let command = play.active_command(play.control.client.ip(), 51_600);
    play.client(&command);
    let data = Data::active(&play, 51_600);
    assert_eq!(data.syn(&mut play), Verdict::Pass);
    assert_eq!(play.tracker.count(Reason::BeforeAnswer), 1);
    assert_eq!(entries(20, 51_600).len(), 0, "not yet");
}
