//! An administrator of a lab's gateway, who types what ftp-track and its documentation say.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::lab::{Host, Lab};
use crate::machine::Machine;
use crate::process::{self, Service};
use crate::tracker;

/// How long loading may take: the verifier reads hundreds of thousands of instructions.
const START: Duration = Duration::from_secs(60);

/// The shell of a lab's gateway. An `ftp-track` that runs there ends with it.
#[derive(Debug)]
pub struct Administrator<'a> {
    lab: &'a Lab,
    machine: Option<&'a Machine>,
    tracker: Option<Service>,
}

/// One step of what `ftp-track migrate` prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub title: String,
    /// The commands.
    pub apply: Vec<String>,
    /// What no command is given for.
    pub by_hand: Vec<String>,
    /// The commands that take it back.
    pub undo: Vec<String>,
}

impl<'a> Administrator<'a> {
    /// Logs in at the gateway.
    pub fn new(lab: &'a Lab) -> Result<Self> {
        tracker::ensure_bpffs()?;
        Ok(Self {
            lab,
            machine: None,
            tracker: None,
        })
    }

    /// Logs in at a gateway on which a firewall is installed.
    pub fn on(lab: &'a Lab, machine: &'a Machine) -> Result<Self> {
        Ok(Self {
            machine: Some(machine),
            ..Self::new(lab)?
        })
    }

    /// Types a line and returns what it prints. An `ftp-track run` goes on beside the others, as in
    /// a terminal of its own, and `ftp-track` is told the name of the lab's instance.
    ///
    /// # Errors
    /// When the line fails.
    pub fn types(&mut self, line: &str) -> Result<String> {
        let line = self.named(line);
        if line.starts_with("ftp-track run ") {
            return self.start(&line);
        }
        let printed = process::run(&mut self.shell(&line)?).with_context(|| line.clone())?;
        if let Some(mut tracker) = self.tracker.take_if(|_| line.starts_with("ftp-track stop")) {
            let end = tracker.wait_end(Duration::from_secs(10));
            ensure!(
                end.is_some_and(|status| status.success()),
                "ftp-track did not end well when it was stopped: {end:?}\n{}",
                tracker.log()
            );
        }
        Ok(printed)
    }

    /// Types the lines of a script, one after the other. A backslash joins a line with the next.
    pub fn types_all(&mut self, script: &str) -> Result<()> {
        for line in script.replace("\\\n", " ").lines() {
            if !line.trim().is_empty() && !line.starts_with('#') {
                self.types(line)?;
            }
        }
        Ok(())
    }

    /// What `ftp-track migrate` says to do.
    pub fn plan(&mut self) -> Result<Vec<Step>> {
        let json: Value = serde_json::from_str(&self.types("ftp-track migrate --output json")?)?;
        let steps = json["steps"].as_array().context("no steps")?;
        Ok(steps.iter().map(Step::of).collect())
    }

    /// The exit code of `ftp-track migrate --check`.
    pub fn check(&self) -> Result<Option<i32>> {
        let mut shell = self.shell(&self.named("ftp-track migrate --check"))?;
        Ok(shell.output()?.status.code())
    }

    fn named(&self, line: &str) -> String {
        match line.strip_prefix("ftp-track ") {
            Some(rest) if !rest.contains("--name ") => {
                format!("ftp-track {rest} --name {}", self.lab.name())
            }
            _ => line.to_owned(),
        }
    }

    fn start(&mut self, line: &str) -> Result<String> {
        let log = self.lab.folder().join("administrator.log");
        // The marks of an earlier run must not be taken for this one's.
        let _ = fs::remove_file(&log);
        let shell = self.shell(&format!("exec {line}"))?;
        let mut service = Service::start("ftp-track", shell, &log)?;
        service.wait_ready(START, || {
            fs::read_to_string(&log).is_ok_and(|text| text.contains(tracker::READY))
        })?;
        self.tracker = Some(service);
        Ok(String::new())
    }

    /// A shell that finds the built ftp-track.
    fn shell(&self, line: &str) -> Result<Command> {
        let binary = tracker::binary()?;
        let folder = binary.parent().context("the binary has no folder")?;
        let mut shell = match self.machine {
            Some(machine) => machine.shell(),
            None => self.lab.namespace(Host::Gateway).command("sh"),
        };
        let path = format!("{}:{}", folder.display(), process::search_path());
        shell.env("PATH", path).args(["-e", "-c", line]);
        Ok(shell)
    }
}

impl Step {
    fn of(json: &Value) -> Self {
        let list = |member: &str| {
            let items = json[member].as_array().into_iter().flatten();
            items
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        Self {
            title: json["title"].as_str().unwrap_or_default().to_owned(),
            apply: list("apply"),
            by_hand: list("by_hand"),
            undo: list("undo"),
        }
    }
}
