//! `cargo xtask bench`: ftp-track side by side with what it replaces, and with the limit.
//!
//! Measuring is the benchmark of the package ftp-track-tests; here its samples are compared.

mod baseline;
mod document;
mod machine;
mod part;
mod report;
mod sample;
mod spread;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use ftp_track_tests::tracker;

use crate::{progress, setup, workspace};

use baseline::Baseline;
use part::{PARTS, Part};
use report::Ratio;
use sample::Samples;

/// Arguments of cargo that run the benchmark. What it measures is the kernel's work and the released
/// daemon's, so it is itself built like the tests.
const BENCHMARK: [&str; 7] = [
    "bench",
    "--profile",
    "dev",
    "--package",
    "ftp-track-tests",
    "--bench",
    "gateway",
];

/// What to do beside measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// Nothing.
    Nothing,
    /// Compare with the baseline.
    Compare,
    /// Make what was measured the baseline, and write it into the document.
    Record,
}

impl With {
    /// What was asked for on the command line, of which at most one is.
    pub fn of(compare: bool, record: bool) -> Self {
        match (compare, record) {
            (true, _) => With::Compare,
            (false, true) => With::Record,
            (false, false) => With::Nothing,
        }
    }
}

/// Names of the parts, for the command line.
pub fn part_names() -> Vec<&'static str> {
    PARTS.iter().map(|part| part.name).collect()
}

/// Measures the named parts, or all of them; returns whether nothing is slower than the baseline.
pub fn run(names: &[String], rounds: u32, with: With) -> Result<bool> {
    ensure!(
        workspace::is_root(),
        "the benchmark needs root, for network namespaces and BPF programs: run it as root"
    );
    setup::run(setup::Scope::Lab)?;
    build()?;
    let is_named = |part: &&Part| names.is_empty() || names.iter().any(|name| name == part.name);
    let machine = machine::description()?;
    let mut ratios = Vec::new();
    for part in PARTS.iter().filter(is_named) {
        let title = format!("{}, {rounds} rounds", part.name);
        let samples = progress::during(&title, || measure(part, rounds))?;
        let (table, of_part) = report::table(part, &samples);
        anstream::println!("\n{table}");
        ratios.extend(of_part);
        if with == With::Record {
            document::replace(part.name, &machine, &table)?;
        }
    }
    anstream::println!("{machine}");
    match with {
        With::Nothing => Ok(true),
        With::Compare => compare(&Baseline::read()?, &ratios),
        With::Record => {
            let mut baseline = Baseline::read()?;
            baseline.record(&ratios);
            baseline.write()?;
            Ok(true)
        }
    }
}

fn build() -> Result<()> {
    progress::during("building ftp-track as released, and the benchmark", || {
        let release = ["build", "--release", "--package", "ftp-track"];
        let benchmark = [&BENCHMARK[..], &["--no-run"]].concat();
        for arguments in [&release[..], &benchmark] {
            let status = workspace::cargo().arg("--quiet").args(arguments).status();
            let status = status.context("cannot run cargo")?;
            ensure!(status.success(), "cargo {}: {status}", arguments.join(" "));
        }
        Ok(())
    })
}

/// Runs the benchmark for one part.
fn measure(part: &Part, rounds: u32) -> Result<Samples> {
    let mut command = workspace::bound_cargo();
    command
        .arg("--quiet")
        .args(BENCHMARK)
        .arg("--")
        .args([&rounds.to_string(), part.name])
        .env(
            tracker::VARIABLE,
            workspace::target().join("release/ftp-track"),
        )
        .stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot run cargo")?;
    let output = child.stdout.take().context("no output")?;
    let mut samples = Samples::default();
    for line in BufReader::new(output).lines() {
        samples.read(&line?)?;
    }
    let status = child.wait()?;
    ensure!(status.success(), "measuring {} failed: {status}", part.name);
    Ok(samples)
}

/// Prints what is worse than the baseline.
fn compare(baseline: &Baseline, ratios: &[Ratio]) -> Result<bool> {
    let worse = baseline.worse(ratios);
    for line in &worse {
        anstream::println!("{}", crate::style::bad(line));
    }
    let known = ratios.iter().filter(|ratio| baseline.knows(ratio)).count();
    ensure!(
        known > 0,
        "the baseline has none of these ratios; `cargo xtask bench --record` writes them"
    );
    anstream::println!(
        "{known} ratios compared with {}, {} worse",
        baseline::FILE,
        worse.len()
    );
    Ok(worse.is_empty())
}
