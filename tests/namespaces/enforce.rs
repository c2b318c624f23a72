//! The matrix with ftp-track as the only firewall: every server with every client, active and
//! passive, IPv4 and IPv6, both ways, small segments and super-packets.

use ftp_track_tests::lab::{Family, Lab, Offload};
use ftp_track_tests::matrix::Tally;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};

fn all_cells_pass(mode: TrackerMode, kind: ServerKind, family: Family, offload: Offload) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, kind, family).unwrap();
    let tracker = Tracker::start(&lab, mode).unwrap();
    // After the start: an XDP program may switch offloads of its own accord.
    lab.set_offload(offload).unwrap();

    let tally = Tally::run(&lab, &server, family);
    println!("{mode:?}, {kind}, {family}, offload {offload:?}: {tally}");
    assert!(
        tally.failed.is_empty() && tally.passed > 0,
        "{tally}\n{}",
        tracker.log()
    );

    // Each data connection was let through because it was expected, and for no other reason.
    let expected = tracker.counter("expected").unwrap();
    assert!(
        expected >= tally.passed as u64,
        "{expected} expected of {}",
        tally.passed
    );
    assert_eq!(tracker.counter("allowed_port").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

macro_rules! matrix {
    ($($name:ident: $kind:ident, $family:ident, $offload:ident;)*) => {$(
        #[test]
        fn $name() {
            let mode = TrackerMode::Enforce;
            all_cells_pass(mode, ServerKind::$kind, Family::$family, Offload::$offload);
        }
    )*};
}

matrix! {
    vsftpd_ipv4: Vsftpd, V4, Off;
    vsftpd_ipv4_offload: Vsftpd, V4, On;
    vsftpd_ipv6: Vsftpd, V6, Off;
    vsftpd_ipv6_offload: Vsftpd, V6, On;
    proftpd_ipv4: Proftpd, V4, Off;
    proftpd_ipv4_offload: Proftpd, V4, On;
    proftpd_ipv6: Proftpd, V6, Off;
    proftpd_ipv6_offload: Proftpd, V6, On;
    pureftpd_ipv4: Pureftpd, V4, Off;
    pureftpd_ipv4_offload: Pureftpd, V4, On;
    pureftpd_ipv6: Pureftpd, V6, Off;
    pureftpd_ipv6_offload: Pureftpd, V6, On;
    pyftpdlib_ipv4: Pyftpdlib, V4, Off;
    pyftpdlib_ipv4_offload: Pyftpdlib, V4, On;
    pyftpdlib_ipv6: Pyftpdlib, V6, Off;
    pyftpdlib_ipv6_offload: Pyftpdlib, V6, On;
}

#[test]
fn vsftpd_ipv4_by_tc() {
    let mode = TrackerMode::EnforceByTc;
    all_cells_pass(mode, ServerKind::Vsftpd, Family::V4, Offload::On);
}

#[test]
fn proftpd_ipv6_by_tc() {
    let mode = TrackerMode::EnforceByTc;
    all_cells_pass(mode, ServerKind::Proftpd, Family::V6, Offload::On);
}
