//! The kernel programs' maps, typed.
//!
//! aya moves keys and values as byte arrays; [`bytemuck`] turns them into the shared structures,
//! so that no structure needs an unsafe promise of its own here.

mod counters;
mod definition;
mod flows;
mod hash;
mod pin;
mod rules;
mod seats;
mod set;
mod settings;
mod shared;
mod walk;

use std::{io, path::PathBuf};

use aya::maps::MapError;
use ftp_track_common::{
    attempt::{Attempts, HostPair},
    client::ClientKey,
    expectation::Expectation,
    history::History,
    layout::{ClientEntry, SessionEntry},
    tuple::{ExpectationKey, SessionKey},
};

pub use self::{
    counters::{Counters, LostEvents},
    definition::{Definition, check},
    flows::Flows,
    hash::Hash,
    pin::{BPFFS, PinDirectory},
    rules::Rules,
    set::Maps,
    settings::{Interfaces, Ports, Settings},
    walk::Walk,
};

const fn size<T>() -> usize {
    size_of::<T>()
}

/// Control connections.
pub type Sessions =
    Hash<SessionKey, SessionEntry, { size::<SessionKey>() }, { size::<SessionEntry>() }>;
/// Expected data connections.
pub type Expectations =
    Hash<ExpectationKey, Expectation, { size::<ExpectationKey>() }, { size::<Expectation>() }>;
/// What control connections said last.
pub type Histories = Hash<SessionKey, History, { size::<SessionKey>() }, { size::<History>() }>;
/// New connections between two hosts.
pub type HostPairs = Hash<HostPair, Attempts, { size::<HostPair>() }, { size::<Attempts>() }>;

/// What each client has in the others.
pub type Clients = Hash<ClientKey, ClientEntry, { size::<ClientKey>() }, { size::<ClientEntry>() }>;

/// What goes wrong with a map.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object has no such map: it was not made from this source.
    #[error("the kernel object has no map {name}: it does not belong to this ftp-track")]
    Missing {
        /// The map.
        name: &'static str,
    },
    /// The kernel refused an operation.
    #[error("map {name}: {source}")]
    Refused {
        /// The map.
        name: &'static str,
        /// What the kernel said.
        source: MapError,
    },
    /// The kernel did not give the entries.
    #[error("map {name} cannot be read: {source}")]
    Unread {
        /// The map.
        name: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// A pin cannot be read.
    #[error("{} cannot be opened: {source}; it takes root, or CAP_BPF and the right to read the file", path.display())]
    Unreadable {
        /// The pin.
        path: PathBuf,
        /// What the kernel said.
        source: MapError,
    },
    /// bpffs is not there.
    #[error(
        "{BPFFS} is no bpf file system, so maps cannot be pinned there.\n\
         Mount it: mount -t bpf bpf {BPFFS}\n\
         Inside `ip netns exec` it is hidden, because that command mounts its own /sys: \
         use `nsenter --net=/run/netns/NAME` instead"
    )]
    NoBpffs,
    /// The pin directory cannot be used.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The directory or pin.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The object cannot be read.
    #[error("the kernel object cannot be read: {0}")]
    Object(String),
    /// A pin is not what this build would make.
    #[error(
        "{} is not what this ftp-track makes: it is {found}, and should be {wanted}",
        path.display()
    )]
    Mismatch {
        /// The pin.
        path: PathBuf,
        /// What lies there.
        found: String,
        /// What should.
        wanted: Definition,
    },
    /// A map cannot be pinned.
    #[error("map {name} cannot be pinned: {source}")]
    Unpinned {
        /// The map.
        name: &'static str,
        /// What the kernel said.
        source: aya::pin::PinError,
    },
}
