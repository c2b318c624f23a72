//! The parts of the demonstration, in order.

mod announcement;
mod helpless;
mod matrix;
mod stranger;

use anyhow::Result;
use ftp_track_tests::lab::{Family, Firewall, Host, Lab};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{self, Tracker, TrackerMode};

use super::ledger::Ledger;
use crate::progress;

const SERVER: ServerKind = ServerKind::Vsftpd;

/// Plays all parts. What is not as it should be goes into the ledger; an error means that a part
/// could not be played.
pub(super) fn play(lab: &Lab, ledger: &mut Ledger) -> Result<()> {
    introduce();

    super::headline("1. Without ftp-track, behind a firewall that admits only port 21");
    lab.set_firewall(Firewall::ControlOnly)?;
    helpless::play(lab, ledger)?;
    lab.set_firewall(Firewall::Open)?;

    super::headline("2. ftp-track takes the gateway (XDP, enforce mode); nftables step aside");
    let tracker = progress::during("loading ftp-track on lan and wan", || {
        Tracker::start(lab, TrackerMode::Enforce)
    })?;
    announcement::play(lab, &tracker, ledger)?;

    super::headline("3. Real clients, both modes, both families, files down and up");
    matrix::play(lab, ledger)?;

    super::headline("4. A connection that nobody announced");
    stranger::refused(lab, &tracker, ledger)?;

    super::headline("5. ftp-track stops");
    let status = tracker.stop()?;
    ledger.check(
        status.success(),
        format!("it ended by itself on SIGTERM ({status})"),
    );
    let attached = tracker::attached(lab)?;
    ledger.check(attached.is_empty(), "no program is left on the interfaces");
    ledger.check(
        tracker::traces(lab.name()).is_empty(),
        "no pin, lock or socket is left",
    );
    stranger::reachable(lab, ledger)
}

fn introduce() {
    let [client4, server4] = [Host::Client, Host::Server].map(|host| host.address(Family::V4));
    let [client6, server6] = [Host::Client, Host::Server].map(|host| host.address(Family::V6));
    anstream::println!(
        "\n  {:<16}{:^28}{:>16}\n  {:<16}{:^28}{:>16}\n  {:<16}{:^28}{:>16}",
        "client",
        "gateway",
        "server",
        client4,
        "---- lan [ftp-track] wan ----",
        server4,
        client6,
        "",
        server6
    );
}

/// Starts the demonstration's server.
fn start_server(lab: &Lab, family: Family) -> Result<Server> {
    Server::start(lab, SERVER, family)
}
