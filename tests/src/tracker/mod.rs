//! A running ftp-track in a lab's gateway, and what its command line says about it.

mod binary;
mod bpffs;
mod build;
mod trace;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::Value;

pub use binary::{VARIABLE, binary};
pub(crate) use bpffs::ensure_mounted as ensure_bpffs;
pub use build::{OTHER_VERSION, other_build};
pub(crate) use trace::remove_traces;
pub use trace::traces;

use crate::lab::{Host, LAN, Lab, WAN};
use crate::process::{self, Service};
use crate::server::CONTROL_PORT;

/// What it logs as soon as it is attached.
pub(crate) const READY: &str = "tracking on";
/// How long loading may take: the verifier reads hundreds of thousands of instructions.
const START: Duration = Duration::from_secs(240);

/// What ftp-track does with a new connection that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackerMode {
    /// Counts it.
    Observe,
    /// Drops it.
    Enforce,
    /// Marks packets of those that it admits.
    Mark,
    /// Counts it; what FTP has announced goes past the firewall.
    Bypass,
    /// Likewise, with packets looked at by XDP.
    BypassByXdp,
    /// Counts it; what was announced gets a conntrack entry.
    Conntrack,
    /// Drops it; the gateway's own FTP is left alone.
    EnforceForwarded,
    /// Drops it, with packets looked at by TC, as is the default on virtual links.
    EnforceByTc,
    /// Gives conntrack entries, likewise.
    ConntrackByTc,
    /// What it chooses itself.
    Default,
}

/// An `ftp-track run` in the gateway of a lab, as instance of the lab's name. Dropping it stops it.
#[derive(Debug)]
pub struct Tracker<'a> {
    lab: &'a Lab,
    service: Service,
}

/// What `ftp-track list` can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Control connections.
    Sessions,
    /// Announced data connections that have not come yet.
    Expectations,
    /// Data connections.
    Flows,
}

impl Listing {
    /// The word on the command line, and the member of the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Listing::Sessions => "sessions",
            Listing::Expectations => "expectations",
            Listing::Flows => "flows",
        }
    }
}

impl<'a> Tracker<'a> {
    /// Starts ftp-track on both interfaces of the gateway and waits until it answers.
    pub fn start(lab: &'a Lab, mode: TrackerMode) -> Result<Self> {
        Self::start_with(lab, mode, &[])
    }

    /// As [`Tracker::start`], with more arguments.
    pub fn start_with(lab: &'a Lab, mode: TrackerMode, arguments: &[&str]) -> Result<Self> {
        let mut command = run_command(lab, mode)?;
        command.args(arguments);
        Self::start_as(lab, command)
    }

    /// Starts a command that ends in an `ftp-track run`, and waits until it answers.
    pub fn start_as(lab: &'a Lab, command: Command) -> Result<Self> {
        bpffs::ensure_mounted()?;
        let log = lab.folder().join("ftp-track.log");
        // The marks of an earlier run must not be taken for this one's.
        let _ = fs::remove_file(&log);
        let service = Service::start("ftp-track", command, &log)?;
        let mut tracker = Self { lab, service };
        // Both: a killed tracker leaves maps that `stats` reads too.
        let ready = || {
            fs::read_to_string(&log).is_ok_and(|text| text.contains(READY)) && stats(lab).is_ok()
        };
        tracker.service.wait_ready(START, ready)?;
        Ok(tracker)
    }

    /// The entries of `ftp-track list`.
    pub fn list(&self, listing: Listing) -> Result<Vec<Value>> {
        list(self.lab, listing)
    }

    /// One counter of `ftp-track stats`, by the name of its reason.
    pub fn counter(&self, reason: &str) -> Result<u64> {
        let json = stats(self.lab)?;
        let count = json["counters"][reason].as_u64();
        count.with_context(|| format!("ftp-track stats shows no counter {reason}: {json}"))
    }

    /// Sends it a signal.
    pub fn signal(&mut self, signal: Signal) {
        self.service.signal(signal);
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.service.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.service.log()
    }

    /// Stops it with SIGTERM.
    ///
    /// # Errors
    /// When it does not end in time. How it ended is for the caller to judge.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.service.stop()
    }

    /// Kills it with SIGKILL: it cannot clean up.
    pub fn kill(mut self) -> Result<()> {
        self.service.kill()
    }
}

/// The command that runs ftp-track on both interfaces of the gateway, as instance of the lab's name.
pub fn run_command(lab: &Lab, mode: TrackerMode) -> Result<Command> {
    run_command_of(&binary()?, lab, mode)
}

/// As [`run_command`], with the binary of some build.
pub fn run_command_of(binary: &Path, lab: &Lab, mode: TrackerMode) -> Result<Command> {
    let by_xdp = matches!(
        mode,
        TrackerMode::Observe
            | TrackerMode::Enforce
            | TrackerMode::EnforceForwarded
            | TrackerMode::Conntrack
            | TrackerMode::BypassByXdp
    );
    let forwarded = mode == TrackerMode::EnforceForwarded;
    let mode = match mode {
        TrackerMode::Observe => Some("observe"),
        TrackerMode::Enforce | TrackerMode::EnforceForwarded | TrackerMode::EnforceByTc => {
            Some("enforce")
        }
        TrackerMode::Mark => Some("mark"),
        TrackerMode::Bypass | TrackerMode::BypassByXdp => Some("bypass"),
        TrackerMode::Conntrack | TrackerMode::ConntrackByTc => Some("conntrack"),
        TrackerMode::Default => None,
    };
    let mut run = command_of(binary, lab, "run");
    run.args(["--interface", LAN, "--interface", WAN])
        .args(["--control-port", &CONTROL_PORT.to_string()]);
    if forwarded {
        let file = lab.folder().join("forwarded.toml");
        fs::write(&file, "local = false\n")?;
        run.arg("--config").arg(file);
    }
    // A card's hook, on the veth pairs of the lab.
    if by_xdp {
        run.args(["--hook", "xdp"]);
    }
    if let Some(mode) = mode {
        run.args(["--mode", mode]);
    }
    Ok(run)
}

/// An `ftp-track` command for the instance of a lab, run in its gateway.
pub fn command(lab: &Lab, subcommand: &str) -> Result<Command> {
    Ok(command_of(&binary()?, lab, subcommand))
}

fn command_of(binary: &Path, lab: &Lab, subcommand: &str) -> Command {
    let mut command = lab.namespace(Host::Gateway).command(binary);
    command
        .args(subcommand.split(' '))
        .args(["--name", lab.name()]);
    command
}

/// The JSON that an `ftp-track` command writes.
pub fn json(lab: &Lab, subcommand: &str) -> Result<Value> {
    let mut command = command(lab, subcommand)?;
    let text = process::run(command.args(["--output", "json"]))?;
    let json: Value = serde_json::from_str(&text)
        .with_context(|| format!("ftp-track {subcommand}: no JSON: {text}"))?;
    anyhow::ensure!(
        json["metainfo"]["tool"] == "ftp-track" && json["metainfo"]["schema"] == 1,
        "ftp-track {subcommand}: not the schema that is tested here: {text}"
    );
    Ok(json)
}

fn stats(lab: &Lab) -> Result<Value> {
    json(lab, "stats")
}

/// The entries of `ftp-track list`, whether or not the daemon runs.
pub fn list(lab: &Lab, listing: Listing) -> Result<Vec<Value>> {
    let json = json(lab, &format!("list {}", listing.word()))?;
    let entries = json[listing.word()].as_array();
    entries
        .cloned()
        .with_context(|| format!("no member {}: {json}", listing.word()))
}

/// Runs an `ftp-track` command for the instance of a lab; what it writes.
pub fn ask(lab: &Lab, subcommand: &str) -> Result<String> {
    process::run(&mut command(lab, subcommand)?)
}

/// XDP programs on the gateway's two interfaces, as `ip link` shows them.
pub fn attached(lab: &Lab) -> Result<Vec<String>> {
    let links = with_xdp(lab)?;
    Ok(links
        .iter()
        .map(|link| link["ifname"].to_string())
        .collect())
}

/// The tags of these programs: what the kernel makes of their instructions.
pub fn tags(lab: &Lab) -> Result<Vec<String>> {
    let links = with_xdp(lab)?;
    let tags = links.iter().map(|link| link["xdp"]["prog"]["tag"].as_str());
    tags.map(|tag| tag.map(str::to_owned).context("ip shows no tag"))
        .collect()
}

fn with_xdp(lab: &Lab) -> Result<Vec<Value>> {
    let mut ip = lab.namespace(Host::Gateway).command("ip");
    let text = process::run(ip.args(["-json", "-details", "link", "show"]))?;
    let links: Vec<Value> = serde_json::from_str(&text)?;
    let with_xdp = links.into_iter().filter(|link| !link["xdp"].is_null());
    Ok(with_xdp.collect())
}
