//! Links other than a plain veth pair, and frames other than plain ones, below enforce mode.

mod bridge;
pub mod foreign;
mod header;
mod neighbour;
mod strict;
mod tun;

use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::Tracker;
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// How long a transfer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Leaves room in the client's frames, and by its MSS in those of the server, for what a relay adds.
fn leave_room(lab: &Lab) {
    let mut ip = lab.namespace(Host::Client).command("ip");
    process::run(ip.args(["link", "set", "eth0", "mtu", "1400"])).unwrap();
}

/// Transfers with vsftpd, active and passive and in both directions, each of which was expected.
fn transfers(lab: &Lab, tracker: &Tracker<'_>, family: Family) {
    let server = Server::start(lab, ServerKind::Vsftpd, family).unwrap();
    for mode in Mode::ALL {
        for direction in Direction::ALL {
            let before = tracker.counter("expected").unwrap();
            let transfer = Client::Curl.transfer(mode, family, direction);
            let outcome = transfer.run(lab, &server, PATIENCE).unwrap();
            assert!(
                matches!(outcome, Outcome::Complete),
                "{transfer}: {outcome:?}\n{}",
                tracker.log()
            );
            let after = tracker.counter("expected").unwrap();
            assert_eq!(after, before + 1, "{transfer}");
        }
    }
}
