//! The helper in the kernel.

use std::{fs, io, path::Path};

use super::{Obstacle, ports};

/// Whether a part of the kernel is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// As a module.
    Loaded,
    /// In the kernel itself.
    BuiltIn,
    /// Not now. A module may be loaded when a rule asks for it.
    Absent,
}

/// The helper in the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Helper {
    /// `nf_conntrack_ftp`.
    pub tracking: Presence,
    /// `nf_nat_ftp`, which rewrites addresses.
    pub nat: Presence,
    /// Whether it is given to every connection to its ports without a rule
    /// (`net.netfilter.nf_conntrack_helper`; Linux 6.0 removed that). `None` where the kernel
    /// cannot do it.
    pub automatic: Option<bool>,
    /// Its ports where it works without a rule.
    pub ports: Vec<u16>,
}

impl Helper {
    /// Whether it acts without any rule.
    pub fn acts_alone(&self) -> bool {
        self.tracking != Presence::Absent && self.automatic == Some(true)
    }

    /// Looks at the running kernel, with the settings of this network namespace.
    pub fn look(unseen: &mut Vec<Obstacle>) -> Self {
        let mut file = |path: &str| {
            read(Path::new(path)).unwrap_or_else(|error| {
                unseen.push(Obstacle::refused(path, error));
                None
            })
        };
        let modules = file("/proc/modules").unwrap_or_default();
        let release = file("/proc/sys/kernel/osrelease").unwrap_or_default();
        let folder = Path::new("/lib/modules").join(release.trim());
        let builtin = read(&folder.join("modules.builtin"))
            .ok()
            .flatten()
            .unwrap_or_default();
        let presence = |name: &str| {
            let there = Path::new("/sys/module").join(name).exists();
            presence(name, &modules, &builtin, there)
        };
        let automatic = file("/proc/sys/net/netfilter/nf_conntrack_helper");
        let automatic = automatic.map(|text| text.trim() != "0");
        let ports = automatic
            .filter(|automatic| *automatic)
            .and_then(|_| file("/sys/module/nf_conntrack_ftp/parameters/ports"))
            .unwrap_or_default();
        Self {
            tracking: presence("nf_conntrack_ftp"),
            nat: presence("nf_nat_ftp"),
            automatic,
            ports: ports::list(ports.trim()),
        }
    }
}

/// `/sys/module` also has built-in parts, but only those with parameters.
fn presence(name: &str, modules: &str, builtin: &str, in_sysfs: bool) -> Presence {
    let loaded = |line: &str| line.split(' ').next() == Some(name);
    let file = format!("/{name}.ko");
    if modules.lines().any(loaded) {
        Presence::Loaded
    } else if in_sysfs || builtin.lines().any(|line| line.ends_with(&file)) {
        Presence::BuiltIn
    } else {
        Presence::Absent
    }
}

/// A file's text; `None` when there is no such file.
pub fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULES: &str = "nf_nat_ftp 16384 0 - Live 0x0000000000000000\n\
                           nf_conntrack_ftp 20480 1 nf_nat_ftp, Live 0x0000000000000000\n";

    #[test]
    fn presences() {
        let builtin = "kernel/net/netfilter/nf_conntrack_ftp.ko\n";
        for (name, modules, builtin, sysfs, expect) in [
            ("nf_conntrack_ftp", MODULES, "", true, Presence::Loaded),
            ("nf_conntrack", MODULES, "", false, Presence::Absent),
            ("nf_conntrack_ftp", "", builtin, false, Presence::BuiltIn),
            ("nf_conntrack_ftp", "", "", true, Presence::BuiltIn),
            ("nf_nat_ftp", "", builtin, false, Presence::Absent),
        ] {
            let found = presence(name, modules, builtin, sysfs);
            assert_eq!(found, expect, "{name} in {modules:?}");
        }
    }

    #[test]
    fn what_it_needs_to_act_without_a_rule() {
        let helper = |tracking, automatic| Helper {
            tracking,
            nat: Presence::Absent,
            automatic,
            ports: vec![21],
        };
        assert!(helper(Presence::Loaded, Some(true)).acts_alone());
        assert!(!helper(Presence::Loaded, Some(false)).acts_alone());
        assert!(!helper(Presence::BuiltIn, None).acts_alone());
        assert!(!helper(Presence::Absent, Some(true)).acts_alone());
    }
}
