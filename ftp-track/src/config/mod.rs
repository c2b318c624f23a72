//! What the administrator wants: from the command line and from a file.

mod control_ports;
mod document;
mod enforced;
mod file;
mod group;
mod hook;
mod interface;
mod lifetime;
mod mark;
mod metrics;
mod mode;
mod network;
mod not_tcp;
mod policy;
mod ports;
mod room;
mod rule;
mod settings;
mod suggestion;
mod terms;
#[cfg(test)]
mod tests;
mod value;
mod zone;

use std::{fmt, io, path::PathBuf};

use ftp_track_common::rule::CONTROL_PORTS;

pub use self::{
    file::File,
    group::Group,
    hook::HookChoice,
    interface::{InterfaceName, InvalidInterface},
    lifetime::{InvalidLifetime, Lifetime},
    mark::{InvalidMark, Mark},
    metrics::{InvalidMetricsAddress, MetricsAddress},
    mode::{Mode, UnknownMode},
    network::{InvalidNetwork, Network},
    not_tcp::NotTcp,
    policy::Policy,
    ports::{InvalidPorts, Ports},
    room::{InvalidRoom, Room, Rooms},
    settings::{Choice, Settings},
    zone::{InvalidZone, Zone},
};

/// An example of the file: every key with its default and what it means.
pub const EXAMPLE: &str = include_str!("../../../packaging/ftp-track.toml");

/// A fault in the file, and a suggestion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line, column) = (self.path.display(), self.line, self.column);
        write!(formatter, "{path}:{line}:{column}: {}", self.message)
    }
}

fn lines(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    lines.join("\n")
}

/// What is wrong with the configuration. Nothing has been touched when it is found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file says what cannot be: every fault, in the order of their lines.
    #[error("{}", lines(.0))]
    Invalid(Vec<Fault>),
    /// More control ports on the command line than a rule holds.
    #[error("there are more than {CONTROL_PORTS} control ports; ftp-track follows at most so many")]
    TooManyControlPorts,
    /// No interface is named.
    #[error(
        "no interface is named: use --interface IF (once for each), or `interfaces = [\"IF\"]` in the file"
    )]
    NoInterface,
}
