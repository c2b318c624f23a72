//! Observe mode drops nothing and admits nothing: the gateway's nftables alone decide.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Firewall, Host, Lab};
use ftp_track_tests::matrix::Tally;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

#[test]
fn drops_nothing_beside_the_kernel_helper() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::KernelHelper).unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Proftpd, family).unwrap();
        let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
        let tally = Tally::run(&lab, &server, family);
        println!("observe, proftpd, {family}: {tally}");
        assert!(
            tally.failed.is_empty() && tally.passed > 0,
            "{tally}\n{}",
            tracker.log()
        );
        assert!(tracker.counter("expected").unwrap() >= tally.passed as u64);
        assert!(tracker.stop().unwrap().success());
    }
}

#[test]
fn unannounced_ports_stay_reachable() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::Open).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    for family in Family::ALL {
        for (from, to) in [(Host::Client, Host::Server), (Host::Server, Host::Client)] {
            let address = SocketAddr::new(to.address(family), PASSIVE_PORTS.1 + 1);
            let _listener = listen(&lab, to, address).unwrap();
            assert!(reaches(&lab, from, address).unwrap(), "{from} to {address}");
        }
    }
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn admits_nothing_that_nftables_refuse() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    for mode in Mode::ALL {
        let transfer = Client::Curl.transfer(mode, Family::V4, Direction::Download);
        let outcome = transfer.run(&lab, &server, Duration::from_secs(3)).unwrap();
        assert!(
            matches!(outcome, Outcome::Failed(_)),
            "{transfer}: {outcome:?}"
        );
    }
    assert!(lab.refused().unwrap() > 0);
    assert!(tracker.stop().unwrap().success());
}
