//! Why the daemon cannot run.

use std::{io, path::PathBuf};

use aya::{EbpfError, programs::ProgramError};

use super::verifier;
use crate::{
    cause,
    config::{InterfaceName, MetricsAddress},
    conntrack::Obstacle,
    exit::Exit,
    instance, map,
};

/// Why the daemon cannot run, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such interface.
    #[error("there is no interface {name} here; there is: {existing}")]
    NoInterface {
        /// The name.
        name: InterfaceName,
        /// The names of those that exist.
        existing: String,
    },
    /// The interfaces cannot be listed.
    #[error("the kernel does not list its interfaces: {0}")]
    Netlink(#[from] rtnetlink::Error),
    /// Capabilities are missing.
    #[error(
        "missing privilege: {missing}.\n\
         Run it as root, or give it CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON \
         (systemd: AmbientCapabilities=)"
    )]
    Privilege {
        /// Names of the capabilities.
        missing: String,
    },
    /// The kernel is too old.
    #[error(
        "this kernel ({release}) is too old: it lacks {feature}, which Linux has since {since}"
    )]
    TooOld {
        /// What is missing.
        feature: &'static str,
        /// The first version that has it.
        since: &'static str,
        /// The version that runs.
        release: String,
    },
    /// The object cannot be loaded.
    #[error("the kernel does not take the maps of ftp-track: {}", cause::chain(.0))]
    Load(EbpfError),
    /// The program cannot be loaded.
    #[error(
        "the kernel does not take the program {name}: {}",
        verifier::explain(error)
    )]
    Program {
        /// The program.
        name: &'static str,
        /// What the kernel said.
        error: ProgramError,
    },
    /// There is no conntrack mode here.
    #[error(
        "mode conntrack cannot work here: {0}.\n{way_out}", way_out = .0.way_out()
    )]
    Conntrack(Obstacle),
    /// There is an XDP program already.
    #[error(
        "interface {interface} has another XDP program already: {programs}.\n\
         ftp-track replaces no one else's program. Stop what attached it; one that was attached \
         with ip is removed by: ip link set dev {interface} xdp off"
    )]
    Occupied {
        /// The interface.
        interface: InterfaceName,
        /// The programs' ids, and names where they are known.
        programs: String,
    },
    /// The program cannot be attached.
    #[error(
        "the program cannot be attached to {interface}: in driver mode {driver}; in generic mode {generic}"
    )]
    Attach {
        /// The interface.
        interface: InterfaceName,
        /// What the kernel said to driver mode.
        driver: String,
        /// What the kernel said to generic mode.
        generic: String,
    },
    /// Two interfaces have one slot in the map of interfaces.
    #[error(
        "interfaces {} and {} cannot both be tracked: their indices are the same modulo {slots}.\n\
         Delete one of them and make it again, so that it gets another index", interfaces[0], interfaces[1]
    )]
    Collision {
        /// The two.
        interfaces: [InterfaceName; 2],
        /// How many slots there are.
        slots: u32,
    },
    /// A program cannot be attached at a TC hook.
    #[error(
        "the program cannot be attached to {interface} at TC {direction}: by TCX {tcx}; \
         as a filter of the clsact qdisc {clsact}"
    )]
    AttachTc {
        /// The interface.
        interface: InterfaceName,
        /// Ingress or egress.
        direction: &'static str,
        /// What the kernel said to TCX.
        tcx: String,
        /// What the kernel said to the other way.
        clsact: String,
    },
    /// Pins of that name are not of this build.
    #[error(
        "{reason}.\n\
         They are another build's, or were made with another max_sessions or max_flows, and go on \
         tracking. Either replace them: \
         ftp-track run --replace --name {name} ..., which forgets their sessions, expectations and \
         flows (established connections go on, but in bypass mode the firewall decides about data \
         connections then); or remove them: ftp-track stop --name {name}; or run what made them, as it was"
    )]
    Mismatch {
        /// The instance.
        name: instance::Name,
        /// What does not match.
        reason: String,
    },
    /// A pinned link cannot be used.
    #[error(
        "the pinned link {} cannot be used: {reason}.\n\
         Remove what an earlier ftp-track left with `ftp-track stop`, or use another --name",
        path.display()
    )]
    Link {
        /// The pin.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A program cannot be pinned.
    #[error("the program {name} cannot be pinned: {source}")]
    Unpinned {
        /// The program.
        name: &'static str,
        /// What the kernel said.
        source: aya::pin::PinError,
    },
    /// The metrics cannot be served.
    #[error(
        "the metrics cannot be served at {address}: {source}.\n\
         {way_out}", way_out = to_serve(source.kind())
    )]
    Metrics {
        /// The place.
        address: MetricsAddress,
        /// Why not.
        source: io::Error,
    },
    /// A map.
    #[error(transparent)]
    Map(#[from] map::Error),
    /// The instance.
    #[error(transparent)]
    Instance(#[from] instance::Error),
    /// The system.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What to do where the metrics cannot be served.
fn to_serve(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "Stop what is there, or name another place with --metrics",
        io::ErrorKind::AddrNotAvailable => {
            "Name an address with --metrics that this machine has, or start the tracker when it has \
             this one; 0.0.0.0 and [::] are any"
        }
        io::ErrorKind::NotFound => "Make the directory first, or name another place with --metrics",
        io::ErrorKind::PermissionDenied => {
            "Name a place with --metrics where this user may listen: ports below 1024 take \
             CAP_NET_BIND_SERVICE"
        }
        _ => "Name another place with --metrics",
    }
}

impl Error {
    /// The exit status it leads to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoInterface { .. }
            | Self::Netlink(_)
            | Self::Metrics { .. }
            | Self::System { .. } => Exit::Failure,
            Self::Instance(error) => error.exit(),
            Self::Privilege { .. }
            | Self::TooOld { .. }
            | Self::Load(_)
            | Self::Program { .. }
            | Self::Conntrack(_)
            | Self::Occupied { .. }
            | Self::Attach { .. }
            | Self::AttachTc { .. }
            | Self::Collision { .. }
            | Self::Mismatch { .. }
            | Self::Link { .. }
            | Self::Unpinned { .. }
            | Self::Map(_) => Exit::Refused,
        }
    }

    /// For `map_err`: what was being done when the system failed.
    pub fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }
}
