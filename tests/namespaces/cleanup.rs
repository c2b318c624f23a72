//! ftp-track leaves nothing behind: not after SIGTERM, and not when it was killed and run again.

use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::process::Service;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, attached, run_command, traces};
use ftp_track_tests::transfer::{Direction, Mode};

fn assert_nothing_is_left(lab: &Lab) {
    let attached = attached(lab).unwrap();
    assert!(
        attached.is_empty(),
        "XDP programs are still attached: {attached:?}"
    );
    let traces = traces(lab.name());
    assert!(
        traces.is_empty(),
        "pins, lock or socket are left: {traces:?}"
    );
}

fn assert_transfer_works(lab: &Lab, server: &Server) {
    for mode in Mode::ALL {
        let transfer = Client::Ftplib.transfer(mode, Family::V4, Direction::Download);
        Cell {
            server: server.kind(),
            transfer,
        }
        .run(lab, server)
        .unwrap();
    }
}

#[test]
fn sigterm_removes_everything() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    // Else "nothing is left" would hold for a tracker that never attached.
    assert_eq!(attached(&lab).unwrap().len(), 2);
    assert_transfer_works(&lab, &server);
    assert!(tracker.stop().unwrap().success());
    assert_nothing_is_left(&lab);
    assert_transfer_works(&lab, &server);
}

#[test]
fn a_new_run_takes_over_from_a_killed_one() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    Tracker::start(&lab, TrackerMode::Enforce)
        .unwrap()
        .kill()
        .unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    assert_eq!(attached(&lab).unwrap().len(), 2);
    assert_transfer_works(&lab, &server);
    assert!(tracker.stop().unwrap().success());
    assert_nothing_is_left(&lab);
}

#[test]
fn a_second_instance_of_the_same_name_is_refused() {
    let lab = Lab::new().unwrap();
    let first = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let command = run_command(&lab, TrackerMode::Enforce).unwrap();
    let mut second = Service::start("second", command, &lab.folder().join("second.log")).unwrap();
    let end = second
        .wait_end(Duration::from_secs(30))
        .expect("the second run goes on");
    assert!(!end.success());
    assert!(second.log().contains("already running"), "{}", second.log());
    assert_eq!(
        attached(&lab).unwrap().len(),
        2,
        "the refused run detached the first one"
    );
    assert!(first.stop().unwrap().success());
    assert_nothing_is_left(&lab);
}
