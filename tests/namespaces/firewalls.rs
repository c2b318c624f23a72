//! The recipes of `docs/firewall.md` for enforce mode, firewalld and ufw, typed as they stand there.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::administrator::Administrator;
use ftp_track_tests::client::Client;
use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::machine::Machine;
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::recipe::{self, blocks};
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// Transfers work in both modes.
fn ftp_works(lab: &Lab, server: &Server, family: Family) {
    for (client, mode) in [(Client::Curl, Mode::Passive), (Client::Lftp, Mode::Active)] {
        let cell = Cell {
            server: server.kind(),
            transfer: client.transfer(mode, family, Direction::Download),
        };
        if let Err(error) = cell.run(lab, server) {
            panic!("{cell}: {error:#}");
        }
    }
}

/// Whether a port that nobody announced is reached, from either side.
fn is_open(lab: &Lab, family: Family, port: u16) -> bool {
    let ways = [(Host::Client, Host::Server), (Host::Server, Host::Client)];
    ways.into_iter().any(|(from, to)| {
        let address = SocketAddr::new(to.address(family), port);
        let _listener = listen(lab, to, address).unwrap();
        reaches(lab, from, address).unwrap()
    })
}

/// Announced connections come through `firewall`, and others do not.
fn enforce(firewall: impl Fn(&Lab, &mut Administrator)) {
    let lab = Lab::new().unwrap();
    let mut administrator = Administrator::new(&lab).unwrap();
    firewall(&lab, &mut administrator);
    assert!(
        is_open(&lab, Family::V4, PASSIVE_PORTS.1 + 1),
        "there is nothing for ftp-track to close"
    );
    let run = &blocks("enforce", "sh").unwrap()[0];
    administrator.types_all(run).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    ftp_works(&lab, &server, Family::V4);
    for port in [PASSIVE_PORTS.1 + 1, 80] {
        assert!(!is_open(&lab, Family::V4, port), "{port}");
    }
}

#[test]
fn enforce_behind_nftables() {
    enforce(|lab, _| recipe::load(lab, "enforce").unwrap());
}

/// The block of the section whose lines call `program`.
pub fn block_of(section: &str, program: &str) -> String {
    let blocks = blocks(section, "sh").unwrap();
    let found = blocks.into_iter().find(|block| block.starts_with(program));
    found.unwrap_or_else(|| panic!("{section} has no block for {program}"))
}

/// The rules of the recipe let the control connection in, and ftp-track the rest past them.
#[test]
fn bypass_behind_nftables() {
    let lab = Lab::new().unwrap();
    recipe::load(&lab, "bypass").unwrap();
    let _tracker = Tracker::start(&lab, TrackerMode::Bypass).unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        for (client, mode) in [(Client::Curl, Mode::Passive), (Client::Lftp, Mode::Active)] {
            let transfer = client.transfer(mode, family, Direction::Download);
            let outcome = transfer
                .run(&lab, &server, Duration::from_secs(20))
                .unwrap();
            assert_eq!(outcome, Outcome::Complete, "{client} {family}");
        }
        assert!(!is_open(&lab, family, PASSIVE_PORTS.1 + 1), "{family}");
    }
}

#[test]
fn enforce_behind_iptables_nft() {
    enforce(|_, administrator| {
        let block = block_of("enforce", "iptables-nft");
        administrator.types_all(&block).unwrap();
    });
}

#[test]
fn enforce_behind_iptables_legacy() {
    enforce(|_, administrator| {
        let block = block_of("enforce", "iptables-legacy");
        administrator.types_all(&block).unwrap();
    });
}

/// The firewall lets nothing but the control connection in, until ftp-track runs.
fn conntrack_behind(section: &str, program: &str, machine: impl Fn(&Lab) -> Machine) {
    let lab = Lab::new().unwrap();
    let machine = machine(&lab);
    let mut administrator = Administrator::on(&lab, &machine).unwrap();
    administrator
        .types_all(&block_of(section, program))
        .unwrap();
    for family in Family::ALL {
        assert!(is_refused(&lab, family, PASSIVE_PORTS.1 + 1), "{family}");
    }
    administrator
        .types_all(&block_of(section, "ftp-track run"))
        .unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        ftp_works(&lab, &server, family);
        assert!(is_refused(&lab, family, PASSIVE_PORTS.1 + 1), "{family}");
    }
    assert_eq!(administrator.check().unwrap(), Some(0));
}

/// As the opposite of [`is_open`], where a firewall may also answer that it refuses.
fn is_refused(lab: &Lab, family: Family, port: u16) -> bool {
    let ways = [(Host::Client, Host::Server), (Host::Server, Host::Client)];
    ways.into_iter().all(|(from, to)| {
        let address = SocketAddr::new(to.address(family), port);
        let _listener = listen(lab, to, address).unwrap();
        !reaches(lab, from, address).unwrap_or(false)
    })
}

#[test]
fn firewalld() {
    conntrack_behind("firewalld", "firewall-cmd", |lab| {
        Machine::with_firewalld(lab).unwrap()
    });
}

#[test]
fn ufw() {
    conntrack_behind("ufw", "ufw", |lab| Machine::with_ufw(lab).unwrap());
}
