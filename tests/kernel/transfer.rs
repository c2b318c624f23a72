//! Real transfers through a gateway, with ftp-track in each of its modes.

use std::env;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::guest::BRIEF;
use ftp_track_tests::lab::{Cable, Family, Firewall, Host, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, attached, traces};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};
use ftp_track_tests::{process, recipe};

use crate::release::{self, Version};

/// The Linux version that says which interfaces take frames from XDP (d3d854fd6a1d).
const FEATURES: Version = (6, 3);
/// A VLAN on the cable between client and gateway.
const TAGGED: Cable = Cable {
    cards: None,
    vlan: Some(42),
};

/// What is transferred; emulation is slow, so not everything by everyone.
const TRANSFERS: [(Client, Direction); 4] = [
    (Client::Curl, Direction::Download),
    (Client::Curl, Direction::Upload),
    (Client::CurlExtended, Direction::Download),
    (Client::Lftp, Direction::Download),
];

/// The first `count` of [`TRANSFERS`], active and passive; how many there were.
fn run(lab: &Lab, family: Family, count: usize) -> u64 {
    let server = Server::start(lab, ServerKind::Vsftpd, family).unwrap();
    let mut run = 0;
    for (client, direction) in &TRANSFERS[..count] {
        for mode in Mode::ALL {
            let cell = Cell {
                server: server.kind(),
                transfer: client.transfer(mode, family, *direction),
            };
            if cell.obstacle().is_none() {
                cell.run(lab, &server)
                    .unwrap_or_else(|error| panic!("{cell}: {error:#}"));
                run += 1;
            }
        }
    }
    run
}

/// Over both families, with ftp-track in a mode; `reason` counts the data connections that it let in.
fn tracked(lab: &Lab, mode: TrackerMode, reason: &str) {
    let tracker = Tracker::start(lab, mode).unwrap();
    let is_brief = env::var_os(BRIEF).is_some();
    let count = if is_brief { 1 } else { TRANSFERS.len() };
    are_tracked(lab, &tracker, reason, count);
    assert!(tracker.stop().unwrap().success());
}

/// The first `count` transfers over both families, each of which `reason` counts.
pub fn are_tracked(lab: &Lab, tracker: &Tracker<'_>, reason: &str, count: usize) {
    for family in Family::ALL {
        let before = tracker.counter(reason).unwrap();
        let transfers = run(lab, family, count);
        let expected = tracker.counter(reason).unwrap() - before;
        assert!(
            transfers > 0 && expected >= transfers,
            "{family}: {reason} {expected} of {transfers}\n{}",
            tracker.log()
        );
    }
}

/// How long a client may take to begin, on a machine that is emulated and busy.
const MOST: Duration = Duration::from_secs(100);

/// nftables refuses the data connections of both modes, and nothing else.
fn are_refused(lab: &Lab) {
    let server = Server::start(lab, ServerKind::Vsftpd, Family::V4).unwrap();
    for mode in Mode::ALL {
        let transfer = Client::Curl.transfer(mode, Family::V4, Direction::Download);
        let mut patience = Duration::from_secs(6);
        loop {
            let before = lab.passage().unwrap();
            let outcome = transfer.run(lab, &server, patience).unwrap();
            let passed = lab.passage().unwrap().since(before);
            assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
            assert_eq!(passed.data_opened, 0);
            if passed.control_opened == 1 {
                break;
            }
            // Where the processor is shared, a client may not even get to its connection.
            patience *= 2;
            assert!(patience <= MOST, "no control connection: {outcome:?}");
        }
    }
}

#[test]
fn observe() {
    tracked(&Lab::new().unwrap(), TrackerMode::Observe, "expected");
}

#[test]
fn enforce() {
    tracked(&Lab::new().unwrap(), TrackerMode::Enforce, "expected");
}

/// A lab whose gateway has the documentation's rules for nftables and a mode.
fn lab_with_recipe(mode: &str) -> Lab {
    let lab = Lab::new().unwrap();
    recipe::load(&lab, mode).unwrap();
    are_refused(&lab);
    lab
}

#[test]
fn mark() {
    let lab = lab_with_recipe("mark");
    tracked(&lab, TrackerMode::Mark, "expected");
    are_refused(&lab);
}

/// The entries are made by the module nf_conntrack, where that is a module.
#[test]
fn conntrack() {
    let lab = lab_with_recipe("conntrack");
    tracked(&lab, TrackerMode::Conntrack, "conntrack_made");
    are_refused(&lab);
}

/// What the firewall refuses goes past it, by the programs at `mode`'s hooks. Gives the packets that
/// XDP and TC have sent on.
fn bypassed(lab: &Lab, mode: TrackerMode) -> (u64, u64) {
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    are_refused(lab);
    let tracker = Tracker::start(lab, mode).unwrap();
    let before = lab.passage().unwrap();
    for family in Family::ALL {
        let server = Server::start(lab, ServerKind::Vsftpd, family).unwrap();
        for mode in Mode::ALL {
            let transfer = Client::Curl.transfer(mode, family, Direction::Download);
            let outcome = transfer.run(lab, &server, MOST).unwrap();
            assert_eq!(outcome, Outcome::Complete, "{transfer}\n{}", tracker.log());
        }
    }
    let passed = lab.passage().unwrap().since(before);
    assert_eq!((passed.data_opened, passed.data_bytes), (0, 0));
    let counter = |name| tracker.counter(name).unwrap();
    assert!(counter("expected") >= 4);
    let sent = (counter("sent_by_frame"), counter("sent_by_packet"));
    assert!(tracker.stop().unwrap().success());
    are_refused(lab);
    sent
}

#[test]
fn bypass() {
    let lab = Lab::new().unwrap();
    let (_, packets) = bypassed(&lab, TrackerMode::Bypass);
    assert!(packets > 0);
}

/// Towards the client every frame gets a tag, and loses it on the way back. XDP sends frames where
/// the kernel says which interfaces take them; elsewhere TC does.
#[test]
fn vlan_bypassed() {
    let lab = Lab::with_cable(&TAGGED).unwrap();
    for host in [Host::Client, Host::Server] {
        // XDP may send frames to a veth whose other end receives by NAPI, and sends none whose
        // checksum is yet to be completed.
        let mut ethtool = lab.namespace(host).command("ethtool");
        process::run(ethtool.args(["-K", "eth0", "gro", "on", "tx", "off"])).unwrap();
    }
    let (frames, packets) = bypassed(&lab, TrackerMode::BypassByXdp);
    if release::running() >= FEATURES {
        assert_eq!(packets, 0, "{frames} frames");
        assert!(frames > 0);
    } else {
        assert_eq!(frames, 0, "{packets} packets");
        assert!(packets > 0);
    }
}

/// The machine's nftables and conntrack work, and refuse what nobody admits.
#[test]
fn nobody() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    are_refused(&lab);
    assert!(lab.refused().unwrap() > 0);
}

/// Killed, started again and stopped, with transfers in between.
#[test]
fn restart() {
    let lab = Lab::new().unwrap();
    let start = || Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    start().kill().unwrap();
    let tracker = start();
    assert_eq!(attached(&lab).unwrap().len(), 2);
    run(&lab, Family::V4, 1);
    assert!(tracker.stop().unwrap().success());
    assert_eq!(attached(&lab).unwrap(), Vec::<String>::new());
    assert_eq!(traces(lab.name()), Vec::<std::path::PathBuf>::new());
}

/// A veth pair with a VLAN on it: the programs see the tag.
#[test]
fn vlan() {
    let lab = Lab::with_cable(&TAGGED).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    are_tracked(&lab, &tracker, "expected", 1);
    assert!(tracker.stop().unwrap().success());
}
