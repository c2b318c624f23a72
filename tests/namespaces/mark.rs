//! Mark mode: one rule about a mark admits what FTP has announced, and nothing else is marked.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab, Offload};
use ftp_track_tests::matrix::Tally;
use ftp_track_tests::recipe;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, attached};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// A lab whose gateway has the nftables rules of the documentation.
fn lab() -> Lab {
    let lab = Lab::new().unwrap();
    recipe::load(&lab, "mark").unwrap();
    lab
}

/// Without ftp-track the rules admit no data connection.
fn is_refused(lab: &Lab, server: &Server, mode: Mode, family: Family) {
    let transfer = Client::Curl.transfer(mode, family, Direction::Download);
    let before = lab.passage().unwrap();
    let outcome = transfer.run(lab, server, Duration::from_secs(3)).unwrap();
    let passed = lab.passage().unwrap().since(before);
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!((passed.control_opened, passed.data_opened), (1, 0));
}

fn all_cells_pass(kind: ServerKind, family: Family, offload: Offload) {
    let lab = lab();
    lab.set_offload(offload).unwrap();
    let server = Server::start(&lab, kind, family).unwrap();
    for mode in Mode::ALL {
        is_refused(&lab, &server, mode, family);
    }
    let tracker = Tracker::start(&lab, TrackerMode::Mark).unwrap();
    assert!(attached(&lab).unwrap().is_empty(), "XDP has nothing to do");
    let tally = Tally::run(&lab, &server, family);
    println!("mark, {kind}, {family}, offload {offload:?}: {tally}");
    assert!(
        tally.failed.is_empty() && tally.passed > 0,
        "{tally}\n{}",
        tracker.log()
    );
    assert!(tracker.counter("expected").unwrap() >= tally.passed as u64);
    assert_eq!(tracker.counter("bad_checksum").unwrap(), 0);
    for (from, to) in [(Host::Client, Host::Server), (Host::Server, Host::Client)] {
        let address = SocketAddr::new(to.address(family), PASSIVE_PORTS.1 + 1);
        let _listener = listen(&lab, to, address).unwrap();
        assert!(!reaches(&lab, from, address).unwrap(), "{from} to {to}");
    }
    assert!(tracker.stop().unwrap().success());
    for mode in Mode::ALL {
        is_refused(&lab, &server, mode, family);
    }
}

#[test]
fn super_packets() {
    all_cells_pass(ServerKind::Vsftpd, Family::V4, Offload::On);
}

#[test]
fn small_segments() {
    all_cells_pass(ServerKind::Proftpd, Family::V6, Offload::Off);
}

#[test]
fn an_eager_server() {
    all_cells_pass(ServerKind::Pyftpdlib, Family::V6, Offload::On);
}
