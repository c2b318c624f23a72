//! The daemon, its command line and the kernel's timer, with so many entries of each kind.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ftp_track_tests::lab::Lab;
use ftp_track_tests::process::wait_until;
use ftp_track_tests::tracker::{self, Listing, Tracker, TrackerMode};

use super::{PART, entry, janitor, name, process};
use crate::gateway;
use crate::sample::Sample;

/// How many sessions, expectations and flows there are.
const COUNTS: [u32; 4] = [1, 1000, 100_000, 1_000_000];
/// So few entries take less memory than comes and goes beside them.
const FEW: u32 = 10_000;
const LISTINGS: [Listing; 3] = [Listing::Sessions, Listing::Expectations, Listing::Flows];
/// A listing that takes less is repeated, so often.
const SHORT: Duration = Duration::from_millis(100);
const TRIES: usize = 10;
/// How long the daemon's first sweep may take.
const SWEEP: Duration = Duration::from_secs(60);
/// What the daemon says when it has looked through the maps, before the microseconds that it took.
const SWEPT: &str = "swept in ";

/// Measures, one number of entries after the other: the timer of one would be in the way of others.
pub fn run(rounds: u32) -> Result<()> {
    for count in COUNTS {
        row(count, rounds.min(3)).with_context(|| format!("with {count} entries"))?;
    }
    Ok(())
}

fn row(count: u32, rounds: u32) -> Result<()> {
    let labs = gateway::labs(1)?;
    let lab = &labs[0];
    let most = COUNTS.into_iter().max().unwrap_or(1);
    let config = lab.folder().join("ftp-track.toml");
    // One more: another connection starts the timer.
    let room = most + 1;
    fs::write(
        &config,
        format!("max_sessions = {room}\nmax_flows = {room}\n"),
    )?;
    let start = || {
        let mut command = tracker::run_command(lab, TrackerMode::Enforce)?;
        command.arg("--keep").arg("--config").arg(&config);
        command.env("RUST_LOG", "ftp_track=debug");
        Tracker::start_as(lab, command)
    };
    let write = |group: &str, round: u32, cost: f64, unit: &str| {
        let sample = Sample {
            part: PART,
            group,
            row: &name(count),
            round,
            cost,
            unit,
        };
        sample.write()
    };
    let mut tracker = start()?;
    for (listing, bytes) in entry::fill(lab, count)? {
        if count >= FEW {
            let group = format!("{}, memory of the kernel", listing.word());
            write(&group, 1, bytes as f64 / f64::from(count), "B/entry")?;
        }
    }
    for round in 0..=rounds {
        for listing in LISTINGS {
            let (took, memory) = list(lab, listing)?;
            let word = listing.word();
            let milliseconds = took.as_secs_f64() * 1000.0;
            write(&format!("list {word}, time"), round, milliseconds, "ms")?;
            write(&format!("list {word}, memory"), round, memory, "MB")?;
        }
        ensure!(tracker.stop()?.success(), "the tracker failed");
        let before = Instant::now();
        tracker = start()?;
        let took = before.elapsed().as_secs_f64() * 1000.0;
        write("restart", round, took, "ms")?;
        write("daemon's sweep", round, sweep(&tracker)?, "us")?;
        let memory = process::memory(tracker.id(), "VmRSS:")?;
        write("idle daemon, memory", round, memory, "MB")?;
        janitor::start(lab)?;
        let longest = janitor::longest()?.as_secs_f64() * 1e6;
        write("longest pause of a CPU", round, longest, "us")?;
    }
    write("idle daemon, CPU", 1, process::idle(tracker.id())?, "us/s")?;
    let maps = entry::maps(lab)?;
    let there = [
        maps.sessions.len()?,
        maps.expectations.len()?,
        maps.flows.len()?,
    ];
    let count = count as usize;
    ensure!(
        there.iter().all(|there| *there >= count),
        "of {count} entries there are {there:?} left"
    );
    ensure!(tracker.stop()?.success(), "the tracker failed");
    tracker::ask(lab, "stop")?;
    Ok(())
}

/// How long listing takes, and the most memory that it has in use, in megabytes.
fn list(lab: &Lab, listing: Listing) -> Result<(Duration, f64)> {
    let list = || {
        let mut command = tracker::command(lab, &format!("list {}", listing.word()))?;
        command.args(["--output", "json"]).stdout(Stdio::null());
        process::run(command)
    };
    let (mut took, mut peak) = list()?;
    if took < SHORT {
        // It may end between two looks, and others may be in its way for longer than it takes.
        for _ in 0..TRIES {
            let (again, memory) = list()?;
            took = took.min(again);
            peak = memory.max(peak);
        }
    }
    ensure!(peak > 0.0, "listing ended before it was looked at");
    Ok((took, peak))
}

/// Microseconds that the daemon took to look through the maps after its start.
fn sweep(tracker: &Tracker<'_>) -> Result<f64> {
    let mut took = None;
    wait_until(SWEEP, || {
        let log = tracker.log();
        let rest = log.split_once(SWEPT).map(|(_, rest)| rest);
        took = rest.and_then(|rest| rest.split(' ').next()?.parse().ok());
        took.is_some()
    });
    took.context("the daemon does not say how long it has looked through the maps")
}
