//! Packages of servers and firewalls, unpacked below the target folder.
//!
//! Debian lets one FTP server be installed at a time, and starts it; a firewall would take over the
//! machine. Unpacked, they live beside each other and beside whatever the machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A distribution's package.
#[derive(Debug)]
pub(super) struct Package {
    name: &'static str,
    program: &'static str,
}

pub(super) const VSFTPD: Package = Package {
    name: "vsftpd",
    program: "usr/sbin/vsftpd",
};
pub(super) const PROFTPD: Package = Package {
    name: "proftpd-core",
    program: "usr/sbin/proftpd",
};
pub(super) const PUREFTPD: Package = Package {
    name: "pure-ftpd",
    program: "usr/sbin/pure-ftpd",
};
pub(super) const FIREWALLD: Package = Package {
    name: "firewalld",
    program: "usr/sbin/firewalld",
};
pub(super) const UFW: Package = Package {
    name: "ufw",
    program: "usr/sbin/ufw",
};

/// The folder for what is fetched for tests: in the build's target folder, so `cargo clean` clears it.
pub(super) fn cache() -> PathBuf {
    target().join("ftp-servers")
}

/// The build's target folder.
pub(super) fn target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    // A relative CARGO_TARGET_DIR is relative to where cargo was called: to the workspace, for us.
    let target = workspace.join(target.unwrap_or_else(|| "target".into()));
    target.canonicalize().unwrap_or(target)
}

impl Package {
    /// Whether it is there, unpacked.
    pub(super) fn is_unpacked(&self) -> bool {
        self.tree().join(self.program).exists()
    }

    /// The folder that it is unpacked in.
    pub(super) fn tree(&self) -> PathBuf {
        cache().join(self.name)
    }

    /// A file of the package, unpacked or, failing that, installed.
    pub(super) fn file(&self, path: &str) -> Result<PathBuf> {
        [self.tree().join(path), Path::new("/").join(path)]
            .into_iter()
            .find(|file| file.exists())
            .with_context(|| format!("no {path} of {}; run `cargo xtask setup`", self.name))
    }

    /// Its program.
    pub(super) fn program(&self) -> Result<PathBuf> {
        self.file(self.program)
    }

    /// Lets `command` find the libraries that were unpacked with the package.
    pub(super) fn with_libraries(&self, mut command: Command) -> Command {
        let lib = self.tree().join("usr/lib");
        let triples = fs::read_dir(&lib).into_iter().flatten().flatten();
        let folders: Vec<PathBuf> = triples
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with("-linux-gnu"))
            .collect();
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("LD_LIBRARY_PATH", path);
        }
        command
    }

    /// Downloads the package with the libraries that the machine lacks, and unpacks all of it.
    pub(super) fn fetch(&self) -> Result<()> {
        let tree = self.tree();
        let archives = tree.join("archives");
        fs::create_dir_all(archives.join("partial"))?;
        let folder = format!("Dir::Cache::archives={}", archives.display());
        let mut apt = process::command("apt-get");
        // --download-only resolves dependencies and conflicts, but installs and removes nothing.
        apt.args([
            "install",
            "--download-only",
            // Else there is nothing to download where it is installed.
            "--reinstall",
            "--no-install-recommends",
            "--yes",
            "--quiet",
        ])
        .args(["-o", &folder, "-o", "APT::Sandbox::User=root", self.name]);
        process::run(&mut apt).with_context(|| format!("cannot download {}", self.name))?;
        for entry in fs::read_dir(&archives)? {
            let archive = entry?.path();
            if archive.extension().is_some_and(|e| e == "deb") {
                process::run(process::command("dpkg").arg("-x").args([&archive, &tree]))?;
            }
        }
        fs::remove_dir_all(&archives)?;
        self.program().map(drop)
    }
}
