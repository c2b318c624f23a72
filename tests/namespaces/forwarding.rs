//! The lab without ftp-track: transfers work when nothing stands in the way, fail behind a firewall
//! that admits the control connection only, and work again with the kernel's own helper.
//!
//! Without these, a failure elsewhere could be the lab's, and a refusal could be a dead server's.

use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Firewall, Lab};
use ftp_track_tests::matrix::Tally;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

fn all_cells_pass(kind: ServerKind, firewall: Firewall) {
    let lab = Lab::new().unwrap();
    lab.set_firewall(firewall).unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, kind, family).unwrap();
        let tally = Tally::run(&lab, &server, family);
        println!("{firewall:?}, {kind}, {family}: {tally}");
        assert!(
            tally.failed.is_empty() && tally.passed > 0,
            "{tally}\n{}",
            server.log()
        );
    }
}

/// The firewall refuses the data connection, and nothing but the data connection.
fn data_connections_are_refused(kind: ServerKind) {
    let lab = Lab::new().unwrap();
    for family in Family::ALL {
        let server = Server::start(&lab, kind, family).unwrap();
        for mode in Mode::ALL {
            let transfer = Client::Curl.transfer(mode, family, Direction::Download);
            lab.set_firewall(Firewall::ControlOnly).unwrap();
            let before = lab.passage().unwrap();
            let outcome = transfer.run(&lab, &server, Duration::from_secs(3)).unwrap();
            let passed = lab.passage().unwrap().since(before);
            assert!(
                matches!(outcome, Outcome::Failed(_)),
                "{kind}: {transfer}: {outcome:?}"
            );
            assert_eq!(
                (passed.control_opened, passed.data_opened),
                (1, 0),
                "{kind}: {transfer}"
            );
            assert!(
                lab.refused().unwrap() > 0,
                "{kind}: {transfer}: nothing was refused"
            );

            lab.set_firewall(Firewall::Open).unwrap();
            let outcome = transfer
                .run(&lab, &server, Duration::from_secs(20))
                .unwrap();
            assert_eq!(
                outcome,
                Outcome::Complete,
                "{kind}: {transfer}: {}",
                server.log()
            );
        }
    }
}

macro_rules! each_server {
    ($($kind:ident: $open:ident, $refused:ident;)*) => {$(
        #[test]
        fn $open() {
            all_cells_pass(ServerKind::$kind, Firewall::Open);
        }

        #[test]
        fn $refused() {
            data_connections_are_refused(ServerKind::$kind);
        }
    )*};
}

each_server! {
    Vsftpd: vsftpd_works_without_a_firewall, vsftpd_fails_behind_default_deny;
    Proftpd: proftpd_works_without_a_firewall, proftpd_fails_behind_default_deny;
    Pureftpd: pureftpd_works_without_a_firewall, pureftpd_fails_behind_default_deny;
    Pyftpdlib: pyftpdlib_works_without_a_firewall, pyftpdlib_fails_behind_default_deny;
}

#[test]
fn vsftpd_works_with_the_kernel_helper_behind_default_deny() {
    all_cells_pass(ServerKind::Vsftpd, Firewall::KernelHelper);
}
