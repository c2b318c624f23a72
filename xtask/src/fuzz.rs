//! `cargo xtask fuzz`: the engine's fuzz targets, each for a given time; or very many lines.

use std::num::NonZero;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ftp_track_tests::process;

use crate::{progress, setup, style, workspace};

/// Runs the targets; returns whether none found anything.
pub fn run(seconds: u32, targets: &[String]) -> Result<bool> {
    setup::ensure_nightly()?;
    if process::find_program("cargo-fuzz").is_none() {
        progress::during("installing cargo-fuzz", || {
            let mut cargo = process::command("cargo");
            process::run(cargo.args(["install", "cargo-fuzz", "--locked"]))
                .context("try by hand: cargo install cargo-fuzz --locked")
        })?;
    }
    let known = process::run(workspace::nightly_cargo().args(["fuzz", "list"]))
        .context("cannot list the fuzz targets of fuzz/Cargo.toml")?;
    let known: Vec<&str> = known.lines().collect();
    ensure!(!known.is_empty(), "fuzz/Cargo.toml has no targets");
    for target in targets {
        ensure!(
            known.contains(&target.as_str()),
            "no target {target}; there are {known:?}"
        );
    }

    let mut failed = Vec::new();
    for target in known
        .iter()
        .filter(|t| targets.is_empty() || targets.iter().any(|n| n == *t))
    {
        let start = Instant::now();
        anstream::eprintln!("{}", style::heading(format!("fuzz {target}, {seconds} s")));
        let limit = format!("-max_total_time={seconds}");
        let status = workspace::nightly_cargo()
            .args(["fuzz", "run", target, "--", &limit])
            .status()
            .context("cannot run cargo fuzz")?;
        if !status.success() {
            failed.push(*target);
        }
        anstream::eprintln!("{}", style::faint(progress::Seconds(start.elapsed())));
    }
    if targets.is_empty() && workspace::is_root() && !sessions(seconds)? {
        failed.push("sessions");
    }
    if !failed.is_empty() {
        anstream::eprintln!("{} {}", style::bad("failed:"), failed.join(", "));
    }
    Ok(failed.is_empty())
}

/// So many mutated lines through the engine; returns whether nothing was found.
pub fn inputs(count: u64, seed: u64, threads: Option<usize>) -> Result<bool> {
    let cpus = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.unwrap_or_else(cpus);
    let status = workspace::cargo()
        .args(["run", "--quiet", "--profile", "fuzz"])
        .args(["--package", "ftp-track-common", "--example", "inputs", "--"])
        .args([count, seed, threads as u64].map(|number| number.to_string()))
        .status()
        .context("cannot run the inputs")?;
    Ok(status.success())
}

/// Whole sessions through the loaded programs; returns whether nothing was found.
fn sessions(seconds: u32) -> Result<bool> {
    anstream::eprintln!(
        "{}",
        style::heading(format!("fuzz sessions through the programs, {seconds} s"))
    );
    let status = workspace::cargo()
        .args(["test", "--package", "ftp-track-tests", "--test", "tables"])
        .args(["--", "fuzz::sessions", "--exact", "--nocapture"])
        .env("FTP_TRACK_FUZZ_SECONDS", seconds.to_string())
        .status()
        .context("cannot run the tables")?;
    Ok(status.success())
}
