//! What ftp-track refuses in enforce mode: everything that was not announced, in both directions,
//! although something listens there and nothing else stands in the way.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::control::{Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::Mode;

/// Outside of what servers offer, inside of what they could.
const UNANNOUNCED: u16 = PASSIVE_PORTS.1 + 1;

/// The two directions through the gateway.
const WAYS: [(Host, Host); 2] = [(Host::Client, Host::Server), (Host::Server, Host::Client)];

fn unannounced_ports_are_refused(family: Family) {
    let lab = Lab::new().unwrap();
    for (from, to) in WAYS {
        let address = SocketAddr::new(to.address(family), UNANNOUNCED);
        let _listener = listen(&lab, to, address).unwrap();
        assert!(
            reaches(&lab, from, address).unwrap(),
            "{from} to {to} before ftp-track"
        );

        let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
        assert!(
            !reaches(&lab, from, address).unwrap(),
            "{from} to {to} with ftp-track"
        );
        assert!(tracker.counter("unexpected").unwrap() > 0);
        assert!(tracker.stop().unwrap().success());

        assert!(
            reaches(&lab, from, address).unwrap(),
            "{from} to {to} after ftp-track"
        );
    }
}

#[test]
fn unannounced_ports_are_refused_over_ipv4() {
    unannounced_ports_are_refused(Family::V4);
}

#[test]
fn unannounced_ports_are_refused_over_ipv6() {
    unannounced_ports_are_refused(Family::V6);
}

/// An announcement opens one port, for the peers of its control connection, once.
#[test]
fn an_announcement_opens_one_port_once() {
    let lab = Lab::new().unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
        let mut control = Control::open(&lab, &server, family).unwrap();
        let announcement = control.announce(Mode::Passive).unwrap();
        let announced = announcement.responder().unwrap();

        let port = announced.port();
        let beside = if port == PASSIVE_PORTS.1 {
            port - 1
        } else {
            port + 1
        };
        let neighbour = SocketAddr::new(announced.ip(), beside);
        let _listener = listen(&lab, Host::Server, neighbour).unwrap();
        assert!(
            !reaches(&lab, Host::Client, neighbour).unwrap(),
            "{family}: the port beside it"
        );

        let data = control.open_data(&announcement).unwrap();
        drop(data);
        // The server stops to listen there some time after the transfer; we go on in its place.
        let mut again = None;
        wait_until(Duration::from_secs(5), || {
            again = listen(&lab, Host::Server, announced).ok();
            again.is_some()
        });
        assert!(
            again.is_some(),
            "{family}: nothing can listen on {announced}"
        );
        assert!(
            !reaches(&lab, Host::Client, announced).unwrap(),
            "{family}: a second time"
        );

        assert!(tracker.stop().unwrap().success());
        for address in [neighbour, announced] {
            assert!(
                reaches(&lab, Host::Client, address).unwrap(),
                "{family}: {address} is dead"
            );
        }
    }
}

/// In active mode the server may reach the announced port, and no other of the client's.
#[test]
fn a_server_reaches_the_announced_port_only() {
    let lab = Lab::new().unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        let other = SocketAddr::new(Host::Client.address(family), UNANNOUNCED);
        let _listener = listen(&lab, Host::Client, other).unwrap();
        let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
        let mut control = Control::open(&lab, &server, family).unwrap();
        let announcement = control.announce(Mode::Active).unwrap();

        assert!(
            !reaches(&lab, Host::Server, other).unwrap(),
            "{family}: another port"
        );
        let data = control.open_data(&announcement).unwrap();
        assert_eq!(data.peer_addr().unwrap().ip(), Host::Server.address(family));

        assert!(tracker.stop().unwrap().success());
        assert!(
            reaches(&lab, Host::Server, other).unwrap(),
            "{family}: {other} is dead"
        );
    }
}
