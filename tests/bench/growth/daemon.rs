//! The daemon and its command line, with so many flows.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aya::maps::{HashMap, Map, MapData};
use ftp_track_common::flow::Flow;
use ftp_track_common::layout;
use ftp_track_common::tuple::FlowKey;
use ftp_track_tests::lab::Lab;
use ftp_track_tests::tracker::{self, Tracker, TrackerMode};

use super::{PART, flow, name};
use crate::gateway;
use crate::sample::Sample;

/// How many flows there are: the map has room for 131,072.
const COUNTS: [u32; 3] = [1, 1000, 100_000];
/// How long the daemon is watched.
const WATCH: Duration = Duration::from_secs(5);
/// How often a process is looked at whose most memory is wanted.
const LOOK: Duration = Duration::from_micros(200);
/// How often the same is listed for its memory.
const TRIES: usize = 3;
const PINS: &str = "/sys/fs/bpf/ftp-track";

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    let labs = gateway::labs(COUNTS.len())?;
    let mut trackers = Vec::new();
    for (count, lab) in COUNTS.into_iter().zip(&labs) {
        let tracker = Tracker::start(lab, TrackerMode::Enforce)?;
        fill(lab, count)?;
        trackers.push((count, lab, tracker));
    }
    for round in 0..=rounds.min(3) {
        for (count, lab, tracker) in &trackers {
            let write = |group: &str, cost: f64, unit: &str| {
                let sample = Sample {
                    part: PART,
                    group,
                    row: &name(*count),
                    round,
                    cost,
                    unit,
                };
                sample.write()
            };
            let (took, memory) = list(lab)?;
            write("list flows, time", took.as_secs_f64() * 1000.0, "ms")?;
            write("list flows, memory", memory, "MB")?;
            let [used, memory] = idle(tracker.id())?;
            write("idle daemon, CPU", used, "us/s")?;
            write("idle daemon, memory", memory, "MB")?;
        }
    }
    Ok(())
}

fn fill(lab: &Lab, count: u32) -> Result<()> {
    let pin = format!(
        "{PINS}/v{}/{}/{}",
        layout::VERSION,
        lab.name(),
        layout::FLOWS
    );
    let map = MapData::from_pin(&pin).with_context(|| format!("cannot open {pin}"))?;
    const KEY: usize = size_of::<FlowKey>();
    const VALUE: usize = size_of::<Flow>();
    let mut flows = HashMap::<_, [u8; KEY], [u8; VALUE]>::try_from(Map::HashMap(map))?;
    for number in 0..count {
        let (key, flow) = flow::entry(number);
        let (key, flow): ([u8; KEY], [u8; VALUE]) = (bytemuck::cast(key), bytemuck::cast(flow));
        flows.insert(key, flow, 0)?;
    }
    Ok(())
}

/// How long listing takes, and the most memory that it has in use, in megabytes.
fn list(lab: &Lab) -> Result<(Duration, f64)> {
    let start = Instant::now();
    let status = listing(lab)?.status()?;
    let took = start.elapsed();
    ensure!(status.success(), "listing failed: {status}");
    // A short one may end between two looks.
    let peaks = (0..TRIES).map(|_| peak(listing(lab)?));
    let peak = peaks.collect::<Result<Vec<f64>>>()?.into_iter();
    let peak = peak.fold(0.0, f64::max);
    ensure!(peak > 0.0, "listing ended before it was looked at");
    Ok((took, peak))
}

/// The most memory that a command has in use, in megabytes. `wait4` would give that of this process
/// where its own is higher.
fn peak(mut command: Command) -> Result<f64> {
    let mut child = command.spawn()?;
    let mut peak = 0.0;
    loop {
        // There is none while it becomes another program, and when it has ended.
        peak = memory(child.id(), "VmHWM:").unwrap_or(peak);
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(peak),
            Some(status) => bail!("listing failed: {status}"),
            None => thread::sleep(LOOK),
        }
    }
}

fn listing(lab: &Lab) -> Result<Command> {
    let file = File::create(lab.folder().join("list.json"))?;
    let mut command = tracker::command(lab, "list flows")?;
    command.args(["--output", "json"]).stdout(Stdio::from(file));
    Ok(command)
}

/// A line of a process's status, in megabytes.
fn memory(id: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: f64 = kilobytes.with_context(|| format!("no {name}"))?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// What an idle process takes: microseconds of a CPU in a second, and megabytes.
fn idle(id: u32) -> Result<[f64; 2]> {
    let before = run_time(id)?;
    thread::sleep(WATCH);
    let used = run_time(id)? - before;
    // Not nothing: a ratio needs a number.
    let used = (used as f64 / 1000.0 / WATCH.as_secs_f64()).max(0.1);
    Ok([used, memory(id, "VmRSS:")?])
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
