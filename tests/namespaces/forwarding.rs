//! The lab without ftp-track: transfers work when nothing stands in the way, fail behind a firewall
//! that admits the control connection only, and work again with the kernel's own helper.
//!
//! Without these, a failure elsewhere could be the lab's, and a refusal could be a dead server's.

use ftp_track_tests::lab::{Family, Firewall, Lab};
use ftp_track_tests::matrix::Tally;
use ftp_track_tests::server::{Server, ServerKind};

fn all_cells_pass(kind: ServerKind, firewall: Firewall) {
    let lab = Lab::new().unwrap();
    lab.set_firewall(firewall).unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, kind, family).unwrap();
        let tally = Tally::run(&lab, &server, family);
        println!("{kind}, {family}: {tally}");
        assert!(
            tally.failed.is_empty() && tally.passed > 0,
            "{}",
            server.log()
        );
    }
}

#[test]
fn vsftpd_works_without_a_firewall() {
    all_cells_pass(ServerKind::Vsftpd, Firewall::Open);
}

#[test]
fn proftpd_works_without_a_firewall() {
    all_cells_pass(ServerKind::Proftpd, Firewall::Open);
}

#[test]
fn pureftpd_works_without_a_firewall() {
    all_cells_pass(ServerKind::Pureftpd, Firewall::Open);
}

#[test]
fn pyftpdlib_works_without_a_firewall() {
    all_cells_pass(ServerKind::Pyftpdlib, Firewall::Open);
}
