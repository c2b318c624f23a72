//! What a process takes.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a process is looked at whose most memory is wanted.
const LOOK: Duration = Duration::from_micros(200);
/// How long an idle one is watched.
const WATCH: Duration = Duration::from_secs(20);
/// Microseconds in a second that `top` shows as none: 0.05 % of a CPU.
const NOTHING: f64 = 500.0;

/// How long a command takes, and the most memory that it has in use, in megabytes. `wait4` would give
/// that of this process where its own is higher.
pub fn run(mut command: Command) -> Result<(Duration, f64)> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut peak = 0.0_f64;
    loop {
        // There is none while it becomes another program, and when it has ended.
        let now = memory(child.id(), "VmHWM:").unwrap_or_default();
        peak = peak.max(now);
        match child.try_wait()? {
            Some(status) if status.success() => return Ok((start.elapsed(), peak)),
            Some(status) => bail!("{:?} failed: {status}", command.get_program()),
            None => thread::sleep(LOOK),
        }
    }
}

/// A line of a process's status, in megabytes.
pub fn memory(id: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: f64 = kilobytes.with_context(|| format!("no {name}"))?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// What an idle process takes of a CPU: microseconds in a second, or [`NOTHING`].
pub fn idle(id: u32) -> Result<f64> {
    let before = run_time(id)?;
    thread::sleep(WATCH);
    let used = run_time(id)? - before;
    Ok((used as f64 / 1000.0 / WATCH.as_secs_f64()).max(NOTHING))
}

/// Nanoseconds that all threads of a process have run.
fn run_time(id: u32) -> Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{id}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split(' ').next().context("no run time")?;
        sum += first.parse::<u64>()?;
    }
    Ok(sum)
}
