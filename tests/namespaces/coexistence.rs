//! Two gateways on one machine, each with an ftp-track of its own name.

use ftp_track_tests::client::Client;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode};

fn assert_transfers_work(lab: &Lab, server: &Server) {
    for mode in Mode::ALL {
        let transfer = Client::Curl.transfer(mode, Family::V4, Direction::Upload);
        Cell {
            server: server.kind(),
            transfer,
        }
        .run(lab, server)
        .unwrap();
    }
}

#[test]
fn two_instances_do_not_see_each_other() {
    let labs = [Lab::new().unwrap(), Lab::new().unwrap()];
    let [one, other] = &labs;
    let server = Server::start(one, ServerKind::Vsftpd, Family::V4).unwrap();
    let other_server = Server::start(other, ServerKind::Proftpd, Family::V4).unwrap();
    let tracker = Tracker::start(one, TrackerMode::Enforce).unwrap();
    let other_tracker = Tracker::start(other, TrackerMode::Enforce).unwrap();

    // The addresses are the same in both labs; only the instance tells them apart.
    let _control = Control::open(one, &server, Family::V4).unwrap();
    assert_eq!(tracker.list(Listing::Sessions).unwrap().len(), 1);
    assert_eq!(other_tracker.list(Listing::Sessions).unwrap().len(), 0);

    assert_transfers_work(one, &server);
    assert_transfers_work(other, &other_server);

    assert!(tracker.stop().unwrap().success());
    assert_transfers_work(other, &other_server);
    assert!(other_tracker.stop().unwrap().success());
}
