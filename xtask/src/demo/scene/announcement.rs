//! One control connection, step by step: an expectation appears, and is used.

use anyhow::Result;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::process;
use ftp_track_tests::server::Server;
use ftp_track_tests::tracker::{self, Listing, Tracker};
use ftp_track_tests::transfer::Mode;

use super::Ledger;
use crate::style;

pub(super) fn play(lab: &Lab, tracker: &Tracker, ledger: &mut Ledger) -> Result<()> {
    for family in Family::ALL {
        let server = super::start_server(lab, family)?;
        for mode in Mode::ALL {
            step(lab, tracker, &server, family, mode, ledger)?;
        }
    }
    Ok(())
}

fn step(
    lab: &Lab,
    tracker: &Tracker,
    server: &Server,
    family: Family,
    mode: Mode,
    ledger: &mut Ledger,
) -> Result<()> {
    let mut control = Control::open(lab, server, family)?;
    let announcement = control.announce(mode)?;
    show(lab, Listing::Expectations)?;
    let announced = armed(tracker)? == 1;
    let what = format!("{mode}, {family}: the announced data connection is expected");
    ledger.check(announced, what);

    let data = control.open_data(&announcement)?;
    let used = armed(tracker)? == 0;
    let port = announcement.responder()?.port();
    let flows = tracker.list(Listing::Flows)?;
    let is_known = flows.iter().any(|flow| flow["responder"]["port"] == port);
    let what = format!("{mode}, {family}: it came, was let through, and is expected no longer");
    if ledger.check(used && is_known, what) && announced {
        ledger.expectations += 1;
    }
    drop(data);
    Ok(())
}

/// Expectations that a data connection may still use.
fn armed(tracker: &Tracker) -> Result<usize> {
    let expectations = tracker.list(Listing::Expectations)?;
    Ok(expectations
        .iter()
        .filter(|expectation| expectation["state"] == "armed")
        .count())
}

/// Shows what the tracker's own command shows.
fn show(lab: &Lab, listing: Listing) -> Result<()> {
    let subcommand = format!("list {}", listing.word());
    anstream::println!("  {}", style::faint(format!("$ ftp-track {subcommand}")));
    let text = process::run(&mut tracker::command(lab, &subcommand)?)?;
    for line in text.lines() {
        anstream::println!("  {line}");
    }
    Ok(())
}
