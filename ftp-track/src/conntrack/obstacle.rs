//! Why the kernel cannot be given conntrack entries.

use std::io;

use ftp_track_common::kfunc::Kfunc;

use crate::map;

/// Why there is no conntrack mode here; one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// No vmlinux BTF.
    #[error(
        "the kernel does not describe itself: /sys/kernel/btf/vmlinux is missing \
         (CONFIG_DEBUG_INFO_BTF)"
    )]
    NoBtf,
    /// BTF that is not understood.
    #[error("the kernel's description of itself ({name}) cannot be read: {reason}")]
    BadBtf {
        /// `vmlinux` or the module.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The module is not loaded.
    #[error("nf_conntrack is not loaded; load it with: modprobe nf_conntrack")]
    NotLoaded,
    /// The module has no BTF.
    #[error(
        "the kernel does not describe its module nf_conntrack: /sys/kernel/btf/nf_conntrack is \
         missing (CONFIG_DEBUG_INFO_BTF_MODULES)"
    )]
    NoModuleBtf,
    /// A function is missing.
    #[error(
        "the kernel has no {}; Linux has it since 6.0, with CONFIG_NF_CONNTRACK and CONFIG_BPF_SYSCALL",
        .0.name()
    )]
    NoFunction(Kfunc),
    /// Entries cannot be made in zones.
    #[error(
        "the kernel lets programs make conntrack entries in the default zone only (others can be \
         named since Linux 6.10, with CONFIG_NF_CONNTRACK_ZONES), and the group {group} has \
         zone = {zone}"
    )]
    NoZones {
        /// The group's name.
        group: String,
        /// Its zone.
        zone: u16,
    },
    /// A field is missing.
    #[error("the kernel's struct nf_conn has no {0}")]
    NoField(&'static str),
    /// The module's BTF is not handed out.
    #[error(
        "nf_conntrack is a module here, and the kernel shows a module's functions only to \
         CAP_SYS_ADMIN ({0})"
    )]
    NoPrivilege(io::Error),
    /// The module came when its BTF was no longer to be had.
    #[error(
        "nf_conntrack was loaded after ftp-track had started: the kernel shows a module's functions \
         only to CAP_SYS_ADMIN, which ftp-track has once, when it starts"
    )]
    Late,
    /// The object.
    #[error("the program {name} cannot be prepared: {reason}")]
    Object {
        /// The program.
        name: &'static str,
        /// Why not.
        reason: String,
    },
    /// The kernel refused the program.
    #[error("the kernel does not take the program {name}: {error}. Its last words:\n{log}")]
    Refused {
        /// The program.
        name: &'static str,
        /// The error.
        error: io::Error,
        /// The end of the verifier's log.
        log: String,
    },
    /// A map.
    #[error(transparent)]
    Map(#[from] map::Error),
}

impl Obstacle {
    /// What to do instead, in one sentence.
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::NoZones { .. } => {
                "Use mode = \"mark\" in that group instead, which takes one more rule in the firewall"
            }
            Self::NoPrivilege(_) => {
                "Give it CAP_SYS_ADMIN, which it gives up once it has started (systemd: in \
                 CapabilityBoundingSet= and AmbientCapabilities=, as packaging/ftp-track.service \
                 does), or use --mode mark instead, which takes one more rule in the firewall"
            }
            Self::Late => {
                "Restart it (systemctl restart ftp-track): with --keep, as in \
                 packaging/ftp-track.service, its programs stay at work meanwhile"
            }
            _ => {
                "Use --mode mark instead, which takes one more rule in the firewall, or --mode enforce"
            }
        }
    }

    /// What is in the way after the start, if `at_start` was it then.
    pub fn after(self, at_start: &Self) -> Self {
        match (self, at_start) {
            (now @ Self::NoPrivilege(_), Self::NoPrivilege(_)) => now,
            (Self::NoPrivilege(_), _) => Self::Late,
            (now, _) => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_privilege() -> Obstacle {
        Obstacle::NoPrivilege(io::ErrorKind::PermissionDenied.into())
    }

    #[test]
    fn after_the_start() {
        for (at_start, now, expect) in [
            // A restart helps.
            (Obstacle::NotLoaded, no_privilege(), "systemctl restart"),
            // Nothing would be different after one.
            (no_privilege(), no_privilege(), "CAP_SYS_ADMIN"),
            (Obstacle::NotLoaded, Obstacle::NotLoaded, "--mode enforce"),
        ] {
            let way_out = now.after(&at_start).way_out();
            assert!(way_out.contains(expect), "{at_start}: {way_out}");
        }
    }
}
