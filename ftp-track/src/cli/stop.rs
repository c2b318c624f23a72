//! `ftp-track stop`.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::bail;
use clap::Args;

use super::{Done, InstanceArgument, output::print, tracked};
use crate::{
    control::{self, Content, Request},
    daemon,
    instance::{self, Lock, Name},
    map::PinDirectory,
};

/// How long a daemon may take to end after it said that it will.
const PATIENCE: Duration = Duration::from_secs(5);

/// End a tracker and remove its programs and maps
///
/// Also removes what a killed tracker, one that ran with --keep, or one of another build has left.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    instance: InstanceArgument,
}

impl Arguments {
    /// Stops it.
    pub fn run(self) -> Done {
        let name = &self.instance.name;
        let asked = control::ask(name, &Request::Stop)?;
        let ran = match asked {
            None => false,
            Some(Content::Done(_)) => true,
            Some(Content::Error(reason)) => bail!("{reason}"),
            Some(Content::Running(_) | Content::Misconfigured(_)) => {
                return Err(control::Error::Misunderstood.into());
            }
        };
        let _lock = lock(name)?;
        let left = PinDirectory::all(name);
        for directory in &left {
            daemon::clear(directory)?;
        }
        // A killed daemon leaves them.
        for path in [instance::socket_path(name), instance::control_path(name)] {
            _ = fs::remove_file(path);
        }
        let text = match (ran, left.is_empty()) {
            (true, _) => format!("stopped the tracker named {name}; nothing of it is left\n"),
            (false, false) => format!(
                "no tracker named {name} was running; removed the programs and maps that one left\n"
            ),
            (false, true) => return Err(tracked::not_running(name).into()),
        };
        Ok(print(&text)?)
    }
}

/// Waits for the daemon's end, and keeps another one from starting.
fn lock(name: &Name) -> anyhow::Result<Lock> {
    let start = Instant::now();
    loop {
        match Lock::take(name) {
            Ok(lock) => return Ok(lock),
            Err(_) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(error.into()),
        }
    }
}
