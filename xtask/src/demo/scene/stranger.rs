//! A port that something listens on, but that no control connection has announced.

use std::net::SocketAddr;

use anyhow::Result;
use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::tracker::Tracker;

use super::Ledger;

const PORT: u16 = 51000;
const WAYS: [(Host, Host); 2] = [(Host::Client, Host::Server), (Host::Server, Host::Client)];

/// With ftp-track it cannot be reached, in either direction.
pub(super) fn refused(lab: &Lab, tracker: &Tracker, ledger: &mut Ledger) -> Result<()> {
    let before = tracker.counter("unexpected")?;
    each_way(lab, |from, to| {
        let is_refused = !reaches(lab, from, to)?;
        if ledger.check(is_refused, format!("{from} to {to}: refused")) {
            ledger.stopped += 1;
        }
        Ok(())
    })?;
    let dropped = tracker.counter("unexpected")? - before;
    ledger.check(
        dropped > 0,
        format!("ftp-track counts {dropped} SYNs as unexpected"),
    );
    Ok(())
}

/// Without ftp-track it can, so it was ftp-track that refused it.
pub(super) fn reachable(lab: &Lab, ledger: &mut Ledger) -> Result<()> {
    each_way(lab, |from, to| {
        let is_reached = reaches(lab, from, to)?;
        ledger.check(
            is_reached,
            format!("{from} to {to}: reached, so a listener was there"),
        );
        Ok(())
    })
}

fn each_way(lab: &Lab, mut look: impl FnMut(Host, SocketAddr) -> Result<()>) -> Result<()> {
    for family in Family::ALL {
        for (from, to) in WAYS {
            let address = SocketAddr::new(to.address(family), PORT);
            let _listener = listen(lab, to, address)?;
            look(from, address)?;
        }
    }
    Ok(())
}
