//! What is silent, and what keeps it alive.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, command};
use ftp_track_tests::transfer::Mode;

use super::upload::Upload;

/// Longer than the kernel programs wait before they take out what is over.
const LONG: Duration = Duration::from_secs(9);
/// Between two chunks: there is never a second without any.
const PAUSE: Duration = Duration::from_millis(50);

/// A control connection says nothing while its data connection has something to say.
fn keeps_its_control_connection(mode: &str, transfer: Mode) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let path = lab.folder().join("ftp-track.toml");
    let text = format!(
        "interfaces = ['lan', 'wan']\nmode = '{mode}'\ncontrol_ports = [{CONTROL_PORT}]\n\
         session_idle = 2\nexpectation_lifetime = 1\nflow_idle = 2\n"
    );
    fs::write(&path, text).unwrap();
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(path);
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let mut upload = Upload::start(&lab, &server, transfer, Family::V4);
    let session = tracker.list(Listing::Sessions).unwrap()[0]["id"].clone();
    let start = Instant::now();
    while start.elapsed() < LONG {
        upload.write();
        sleep(PAUSE);
    }
    let sessions = tracker.list(Listing::Sessions).unwrap();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["id"], session, "no other in its place");
    let idle = sessions[0]["idle_seconds"].as_f64().unwrap();
    assert!(idle < 2.0, "{sessions:?}");
    let flows = tracker.list(Listing::Flows).unwrap();
    assert_eq!(flows.len(), 1, "{flows:?}");
    assert!(upload.goes_on());
    let mut control = upload.finish();
    let announcement = control.announce(transfer).unwrap();
    let data = control.open_data(&announcement).unwrap();
    control.close_data(data).unwrap();
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn a_long_transfer_in_enforce_mode() {
    keeps_its_control_connection("enforce", Mode::Active);
}

#[test]
fn a_long_transfer_in_bypass_mode() {
    keeps_its_control_connection("bypass", Mode::Passive);
}
