//! Where and when something is measured.

use std::fs;
use std::thread;

use anyhow::{Context, Result};
use ftp_track_tests::process;

/// A line: time, kernel, CPUs, and how busy the machine was.
pub fn description() -> Result<String> {
    let time = process::run(process::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let read = |path| fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().context("no load")?;
    let cpus = thread::available_parallelism()?;
    Ok(format!(
        "{}, Linux {}, {cpus} CPUs, load {load} before",
        time.trim(),
        kernel.trim()
    ))
}
