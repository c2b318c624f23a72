//! A tracker by its name: what tells it from others on this machine.

mod lock;
mod name;
mod socket;

use std::{io, path::PathBuf};

pub use self::{
    lock::{Lock, RUNTIME_DIRECTORY},
    name::{InvalidName, Name},
    socket::{connect, control_path, is_own, is_running, socket_path},
};
use crate::exit::Exit;

/// What is wrong with an instance.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of that name runs.
    #[error(
        "a tracker named {name} is already running{}; stop it, or give this one another --name",
        process(pid)
    )]
    AlreadyRunning {
        /// Its name.
        name: Name,
        /// Its process, if it is known.
        pid: Option<u32>,
    },
    /// None of that name runs or has left pins.
    #[error(
        "no tracker named {name} is running{}.\nStart one: ftp-track run --interface IF --name {name}",
        others_running(others)
    )]
    NotRunning {
        /// The name that was looked for.
        name: Name,
        /// The names that exist.
        others: Vec<Name>,
    },
    /// Who asks may not.
    #[error(
        "a tracker tells and obeys only root, and the user that it runs as; run it as root (sudo)"
    )]
    Privilege,
    /// Whether one runs cannot be said.
    #[error("{}: {source}; a tracker is asked there", path.display())]
    Unreachable {
        /// Its socket.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The runtime directory cannot be used.
    #[error("{}: {source}; ftp-track keeps its lock and its socket there", path.display())]
    Runtime {
        /// What cannot be used.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// The exit status it leads to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::AlreadyRunning { .. } | Self::NotRunning { .. } | Self::Privilege => {
                Exit::Refused
            }
            Self::Unreachable { .. } | Self::Runtime { .. } => Exit::Failure,
        }
    }
}

fn process(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})"))
        .unwrap_or_default()
}

fn others_running(others: &[Name]) -> String {
    if others.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = others.iter().map(Name::as_str).collect();
    format!("; there is {} (--name)", names.join(", "))
}
