//! Real transfers through a gateway, with ftp-track in each of its modes.

use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Cable, Family, Firewall, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, attached, traces};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// The clients that the machines have.
const CLIENTS: [Client; 3] = [Client::Curl, Client::CurlExtended, Client::Lftp];

/// Every client, mode and direction; how many transfers there were.
fn run_all(lab: &Lab, family: Family) -> u64 {
    let server = Server::start(lab, ServerKind::Vsftpd, family).unwrap();
    let mut count = 0;
    for client in CLIENTS {
        for mode in Mode::ALL {
            for direction in Direction::ALL {
                let cell = Cell {
                    server: server.kind(),
                    transfer: client.transfer(mode, family, direction),
                };
                if cell.obstacle().is_none() {
                    cell.run(lab, &server)
                        .unwrap_or_else(|error| panic!("{cell}: {error:#}"));
                    count += 1;
                }
            }
        }
    }
    count
}

fn tracked(mode: TrackerMode, family: Family) {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, mode).unwrap();
    let transfers = run_all(&lab, family);
    let expected = tracker.counter("expected").unwrap();
    assert!(
        transfers > 0 && expected >= transfers,
        "{expected} of {transfers}"
    );
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn observe_ipv4() {
    tracked(TrackerMode::Observe, Family::V4);
}

#[test]
fn observe_ipv6() {
    tracked(TrackerMode::Observe, Family::V6);
}

#[test]
fn enforce_ipv4() {
    tracked(TrackerMode::Enforce, Family::V4);
}

#[test]
fn enforce_ipv6() {
    tracked(TrackerMode::Enforce, Family::V6);
}

/// The machine's nftables and conntrack work, and refuse what nobody admits.
#[test]
fn nftables_refuses_data_connections() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    for mode in Mode::ALL {
        let transfer = Client::Curl.transfer(mode, Family::V4, Direction::Download);
        let before = lab.passage().unwrap();
        let outcome = transfer.run(&lab, &server, Duration::from_secs(6)).unwrap();
        let passed = lab.passage().unwrap().since(before);
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        assert_eq!((passed.control_opened, passed.data_opened), (1, 0));
    }
    assert!(lab.refused().unwrap() > 0);
}

/// Stopped, killed and started again, with transfers in between.
#[test]
fn restart() {
    let lab = Lab::new().unwrap();
    let start = || Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    start().kill().unwrap();
    let tracker = start();
    assert_eq!(attached(&lab).unwrap().len(), 2);
    run_all(&lab, Family::V4);
    assert!(tracker.stop().unwrap().success());
    assert_eq!(attached(&lab).unwrap(), Vec::<String>::new());
    assert_eq!(traces(lab.name()), Vec::<std::path::PathBuf>::new());
}

/// A veth pair with a VLAN on it: the programs see the tag.
#[test]
fn vlan() {
    let cable = Cable {
        cards: None,
        vlan: Some(42),
    };
    let lab = Lab::with_cable(&cable).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let transfers: u64 = Family::ALL
        .into_iter()
        .map(|family| run_all(&lab, family))
        .sum();
    assert!(tracker.counter("expected").unwrap() >= transfers);
    assert!(tracker.stop().unwrap().success());
}
