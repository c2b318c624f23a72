//! Conntrack mode: an unchanged firewall that drops by default admits what FTP has announced, and
//! nothing else, without any helper.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{Announcement, Control, listen, reaches};
use ftp_track_tests::lab::{Family, Firewall, Host, Lab};
use ftp_track_tests::matrix::{Cell, Tally};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::recipe;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode, attached};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// A lab whose gateway has the nftables rules of the documentation.
fn lab() -> Lab {
    let lab = Lab::new().unwrap();
    recipe::load(&lab, "conntrack").unwrap();
    lab
}

fn nft(lab: &Lab, script: &str) {
    let mut nft = lab.namespace(Host::Gateway).command("nft");
    process::run_with_input(nft.args(["-f", "-"]), script).unwrap();
}

/// The transfer is made, or does not even begin because its data connection is refused.
fn try_transfer(lab: &Lab, server: &Server, mode: Mode, family: Family) -> bool {
    let transfer = Client::Curl.transfer(mode, family, Direction::Download);
    let before = lab.passage().unwrap();
    let outcome = transfer.run(lab, server, Duration::from_secs(4)).unwrap();
    let passed = lab.passage().unwrap().since(before);
    assert!(
        passed.control_opened > 0,
        "{transfer}: no control connection"
    );
    match outcome {
        Outcome::Complete => true,
        Outcome::Failed(_) if passed.data_opened == 0 => false,
        other => panic!("{transfer}: {other:?}, {passed:?}"),
    }
}

fn all_cells_pass(mode: TrackerMode, family: Family) {
    let lab = lab();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    for mode in Mode::ALL {
        assert!(!try_transfer(&lab, &server, mode, family), "{mode} before");
    }

    let tracker = Tracker::start(&lab, mode).unwrap();
    let tally = Tally::run(&lab, &server, family);
    println!("{mode:?}, {family}: {tally}");
    assert!(
        tally.failed.is_empty() && tally.passed > 0,
        "{tally}\n{}",
        tracker.log()
    );
    let made = tracker.counter("conntrack_made").unwrap();
    assert!(made >= tally.passed as u64, "{made}, {tally}");
    assert_eq!(tracker.counter("conntrack_failed").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());

    for mode in Mode::ALL {
        assert!(!try_transfer(&lab, &server, mode, family), "{mode} after");
    }
}

#[test]
fn all_cells_pass_over_ipv4() {
    all_cells_pass(TrackerMode::Conntrack, Family::V4);
}

#[test]
fn all_cells_pass_over_ipv6() {
    all_cells_pass(TrackerMode::Conntrack, Family::V6);
}

#[test]
fn all_cells_pass_over_ipv4_by_tc() {
    all_cells_pass(TrackerMode::ConntrackByTc, Family::V4);
}

#[test]
fn all_cells_pass_over_ipv6_by_tc() {
    all_cells_pass(TrackerMode::ConntrackByTc, Family::V6);
}

/// The entry is conntrack's from then on: it follows the connection to its end, and has the mark of
/// the control connection.
#[test]
fn the_entry_follows_the_connection_and_has_the_mark() {
    let lab = lab();
    nft(
        &lab,
        "table inet marks { chain forward { type filter hook forward priority -5; \
         tcp dport 21 ct mark set 42; }; }",
    );
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        let tracker = Tracker::start(&lab, TrackerMode::Conntrack).unwrap();
        for mode in Mode::ALL {
            let mut control = Control::open(&lab, &server, family).unwrap();
            let announcement = control.announce(mode).unwrap();
            let responder = announcement.responder().unwrap();
            let initiator = match mode {
                Mode::Passive => Host::Client.address(family),
                Mode::Active => Host::Server.address(family),
            };
            let entries = || lab.conntrack(initiator, responder).unwrap();
            assert_eq!(entries(), [], "{family} {mode}: not before the connection");
            let data = control.open_data(&announcement).unwrap();
            wait_until(Duration::from_secs(5), || {
                entries().iter().any(|entry| entry.has("[ASSURED]"))
            });
            let entries = entries();
            let [entry] = entries.as_slice() else {
                panic!("{family} {mode}: {entries:?}");
            };
            assert!(
                entry.has("[ASSURED]") && entry.has("mark=42"),
                "{family} {mode}: {entry:?}"
            );
            assert!(!tracker.list(Listing::Flows).unwrap().is_empty());
            drop(data);
        }
        assert!(tracker.stop().unwrap().success());
    }
}

/// Nothing but the announced connection gets in, in either direction.
#[test]
fn what_was_not_announced_is_refused() {
    let lab = lab();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        let tracker = Tracker::start(&lab, TrackerMode::Conntrack).unwrap();
        let mut control = Control::open(&lab, &server, family).unwrap();
        let announcement = control.announce(Mode::Passive).unwrap();
        for (from, to) in [(Host::Client, Host::Server), (Host::Server, Host::Client)] {
            let address = SocketAddr::new(to.address(family), PASSIVE_PORTS.1 + 1);
            let _listener = listen(&lab, to, address).unwrap();
            assert!(
                !reaches(&lab, from, address).unwrap(),
                "{from} to {address}"
            );
        }
        drop(control.open_data(&announcement).unwrap());
        let announced = announcement.responder().unwrap();
        let mut again = None;
        wait_until(Duration::from_secs(5), || {
            again = listen(&lab, Host::Server, announced).ok();
            again.is_some()
        });
        assert!(again.is_some(), "nothing can listen on {announced}");
        assert!(
            !reaches(&lab, Host::Client, announced).unwrap(),
            "{family}: a second time"
        );
        assert!(tracker.stop().unwrap().success());
    }
}

/// Clients with few ports for active mode use one again while conntrack still remembers the last
/// connection there: the old entry gives way to the new one.
#[test]
fn an_entry_that_has_ended_gives_way() {
    let lab = lab();
    let family = Family::V4;
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Conntrack).unwrap();
    let IpAddr::V4(client) = Host::Client.address(family) else {
        unreachable!("asked for IPv4")
    };
    let there = SocketAddr::new(client.into(), 50_007);
    let entries = || lab.conntrack(Host::Server.address(family), there).unwrap();
    let mut over = 0;
    for round in 1..=3 {
        let listener = listen(&lab, Host::Client, there).unwrap();
        let mut control = Control::open(&lab, &server, family).unwrap();
        let host = client.to_string().replace('.', ",");
        let port = there.port();
        let command = format!("PORT {host},{},{}", port >> 8, port & 0xff);
        control.command(&command, "200").unwrap();
        let data = control.open_data(&Announcement::Client(listener));
        let mut data = data.unwrap_or_else(|error| panic!("round {round}: {error:#}"));
        data.read_to_end(&mut Vec::new()).unwrap();
        drop(data);
        assert!(
            wait_until(Duration::from_secs(5), || entries()
                .iter()
                .any(|entry| entry.has("TIME_WAIT"))),
            "round {round}: {:?}",
            entries()
        );
        over += 1;
        assert_eq!(entries().len(), 1, "the old one is gone");
        assert_eq!(tracker.counter("conntrack_made").unwrap(), over);
    }
    assert_eq!(tracker.counter("conntrack_exists").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

/// While the kernel's helper is still there, it keeps what it expects until a connection takes it, and
/// drops another session's announcement of the same port until then: ftp-track leaves it nothing.
#[test]
fn the_helper_keeps_no_expectation() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::KernelHelper).unwrap();
    let family = Family::V4;
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Conntrack).unwrap();
    let there = SocketAddr::new(Host::Client.address(family), 50_008);
    for round in 1..=2 {
        let mut listener = None;
        wait_until(Duration::from_secs(5), || {
            listener = listen(&lab, Host::Client, there).ok();
            listener.is_some()
        });
        let listener = listener.expect("the port is free again");
        let mut control = Control::open(&lab, &server, family).unwrap();
        let host = there.ip().to_string().replace('.', ",");
        let command = format!("PORT {host},{},{}", there.port() >> 8, there.port() & 0xff);
        let answer = control.command(&command, "200");
        answer.unwrap_or_else(|error| panic!("round {round}: {error:#}"));
        let data = control.open_data(&Announcement::Client(listener));
        data.unwrap().read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(tracker.counter("conntrack_helped").unwrap(), round);
    }
    assert_eq!(tracker.counter("conntrack_made").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

/// The same rules for iptables, both of its kinds.
#[test]
fn iptables_admits_too() {
    for block in recipe::blocks("conntrack", "sh").unwrap() {
        let lab = Lab::new().unwrap();
        let mut shell = lab.namespace(Host::Gateway).command("sh");
        process::run_with_input(shell.arg("-e"), &block).unwrap();
        let family = Family::V4;
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        for mode in Mode::ALL {
            assert!(
                !try_transfer(&lab, &server, mode, family),
                "{mode}\n{block}"
            );
        }
        let tracker = Tracker::start(&lab, TrackerMode::Conntrack).unwrap();
        for mode in Mode::ALL {
            for client in [Client::Curl, Client::Lftp] {
                let transfer = client.transfer(mode, family, Direction::Upload);
                let server_kind = server.kind();
                let cell = Cell {
                    server: server_kind,
                    transfer,
                };
                cell.run(&lab, &server)
                    .unwrap_or_else(|error| panic!("{cell}: {error:#}\n{block}"));
            }
        }
        assert!(tracker.stop().unwrap().success());
    }
}

/// Who chooses no mode gets conntrack where conntrack is at work, and nowhere else.
#[test]
fn it_is_the_default_where_conntrack_is_at_work() {
    let lab = Lab::new().unwrap();
    let start = |expect: &str| {
        let tracker = Tracker::start(&lab, TrackerMode::Default).unwrap();
        let log = tracker.log();
        assert!(log.contains(expect), "{log}");
        // The links of the lab are virtual.
        assert!(log.contains("tcx") || log.contains("clsact"), "{log}");
        assert!(attached(&lab).unwrap().is_empty(), "{log}");
        assert!(tracker.stop().unwrap().success());
    };
    start("mode observe (by default: conntrack is not at work here)");
    recipe::load(&lab, "conntrack").unwrap();
    start("mode conntrack (by default: conntrack is at work here)");
}
