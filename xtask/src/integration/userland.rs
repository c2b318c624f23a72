//! The programs of a machine: from Debian's packages, each with the libraries that it needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::archive::{Archive, Purpose};
use super::kernel::Architecture;
use super::{elf, newc};

/// Packages, and the programs that are taken from them.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("busybox-static", &["busybox"]),
    ("coreutils", &["timeout"]),
    ("curl", &["curl"]),
    ("ethtool", &["ethtool"]),
    ("iproute2", &["ip", "tc", "ss"]),
    ("lftp", &["lftp"]),
    ("mount", &["mount"]),
    ("nftables", &["nft"]),
    ("ppp", &["pppd"]),
    ("procps", &["kill"]),
    ("systemd", &["systemd", "systemctl"]),
    ("util-linux", &["nsenter"]),
    ("vsftpd", &["vsftpd"]),
    ("wireguard-tools", &["wg"]),
];

/// Units of systemd without which no service starts, and those that ours names.
const UNITS: &[&str] = &[
    "basic.target",
    "local-fs-pre.target",
    "local-fs.target",
    "multi-user.target",
    "network-pre.target",
    "network.target",
    "paths.target",
    "shutdown.target",
    "slices.target",
    "sockets.target",
    "swap.target",
    "sysinit.target",
    "timers.target",
    "umount.target",
];

/// Folders of plug-ins, of which libraries are taken that no program names.
const PLUGINS: &[&str] = &["usr/lib/lftp", "usr/lib/TRIPLE/lftp"];

/// Files that a system has and packages do not bring.
const FILES: &[(&str, &str)] = &[
    (
        "etc/passwd",
        "root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    (
        "etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files\n",
    ),
];

/// Unpacked packages.
#[derive(Debug)]
pub struct Userland {
    tree: PathBuf,
    triple: &'static str,
}

impl Userland {
    /// Fetches the packages unless they are there.
    pub fn fetch(architecture: Architecture) -> Result<Self> {
        let userland = Self {
            tree: super::folder()
                .join("userland")
                .join(architecture.to_string()),
            triple: architecture.triple(),
        };
        if !userland.is_whole() {
            let archive = Archive::open(Purpose::Programs, architecture)?;
            let packages: Vec<&str> = PROGRAMS.iter().map(|(package, _)| *package).collect();
            archive.unpack_with_dependencies(&packages, &userland.tree)?;
        }
        Ok(userland)
    }

    fn is_whole(&self) -> bool {
        let mut programs = PROGRAMS.iter().flat_map(|(_, programs)| programs.iter());
        programs.all(|program| self.program(program).is_ok())
    }

    /// Adds programs, libraries and files to a machine's file system.
    pub fn add_to(&self, archive: &mut newc::Archive) -> Result<()> {
        let mut libraries = BTreeMap::new();
        for name in PROGRAMS.iter().flat_map(|(_, programs)| programs.iter()) {
            let path = self.program(name)?;
            let contents = fs::read(&path)?;
            self.add_needs(&contents, &mut libraries)
                .with_context(|| format!("libraries of {name}"))?;
            let inside = path.strip_prefix(&self.tree)?;
            archive.add(&inside.to_string_lossy(), contents);
        }
        for folder in PLUGINS {
            let folder = folder.replace("TRIPLE", self.triple);
            self.add_plugins(&folder, archive, &mut libraries)?;
        }
        for (path, contents) in libraries {
            archive.add(&path, contents);
        }
        for unit in UNITS {
            let path = self.find(unit, &["usr/lib/systemd/system", "lib/systemd/system"])?;
            let inside = path.strip_prefix(&self.tree)?;
            archive.add(&inside.to_string_lossy(), fs::read(&path)?);
        }
        for (path, text) in FILES {
            archive.add(path, text.as_bytes().to_vec());
        }
        Ok(())
    }

    fn program(&self, name: &str) -> Result<PathBuf> {
        let folders = ["usr/sbin", "usr/bin", "sbin", "bin", "lib/systemd"];
        self.find(name, &folders)
    }

    fn find(&self, name: &str, folders: &[&str]) -> Result<PathBuf> {
        folders
            .iter()
            .map(|folder| self.tree.join(folder).join(name))
            .find(|path| path.is_file() && !leads_out(path))
            .with_context(|| format!("no {name} in {}", self.tree.display()))
    }

    /// Adds the libraries that a file needs, and those that they need.
    fn add_needs(&self, contents: &[u8], found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
        let needs = elf::needs(contents)?;
        let linker = needs.interpreter.map(|path| {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            (path, name)
        });
        let library = |name: String| (format!("lib/{}/{name}", self.triple), name);
        let libraries = needs.libraries.into_iter().map(library);
        for (path, name) in linker.into_iter().chain(libraries) {
            if found.contains_key(&path) {
                continue;
            }
            let triple = self.triple;
            let folders = [
                &*format!("usr/lib/{triple}"),
                &*format!("lib/{triple}"),
                &*format!("usr/lib/{triple}/systemd"),
                "usr/lib",
                "lib",
            ];
            let contents = fs::read(self.find(&name, &folders)?)?;
            found.insert(path, contents.clone());
            self.add_needs(&contents, found)?;
        }
        Ok(())
    }

    fn add_plugins(
        &self,
        folder: &str,
        archive: &mut newc::Archive,
        libraries: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<()> {
        let Ok(entries) = fs::read_dir(self.tree.join(folder)) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry?.path();
            let inside = format!("{folder}/{}", file_name(&path));
            if path.is_dir() {
                self.add_plugins(&inside, archive, libraries)?;
            } else if inside.contains(".so") && path.is_file() && !leads_out(&path) {
                let contents = fs::read(&path)?;
                self.add_needs(&contents, libraries)
                    .with_context(|| format!("libraries of {inside}"))?;
                archive.add(&inside, contents);
            }
        }
        Ok(())
    }
}

/// Whether a path is an absolute link: those are meant for an installed system, and would lead to this
/// machine's own files.
fn leads_out(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| target.is_absolute())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
