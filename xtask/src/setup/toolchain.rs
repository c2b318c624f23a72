//! The compiler for the kernel programs: the distribution's, or rustup's nightly.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use ftp_track_tests::process;

use super::{apt, rustup};
use crate::{progress, workspace};

/// Packages with a compiler and a core library for bpf: Debian stable's, then newer releases'.
const PACKAGES: [[&str; 2]; 2] = [
    ["rustc-web", "libstd-rust-web-dev-bpf"],
    ["rustc", "libstd-rust-dev-bpf"],
];

/// The same order as in ftp-track's build script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// `/usr/bin/rustc` with a prebuilt core for bpf.
    Distribution,
    /// rustup's nightly with rust-src.
    Nightly,
}

impl Toolchain {
    /// The one that is there.
    pub(super) fn find() -> Option<Self> {
        let [distribution, nightly] = [Self::Distribution, Self::Nightly];
        if distribution.has("lib/rustlib/bpfel-unknown-none/lib") {
            Some(distribution)
        } else if nightly.has("lib/rustlib/src/rust/library/core/Cargo.toml") {
            Some(nightly)
        } else {
            None
        }
    }

    /// Installs one: the distribution's if it has one, else nightly.
    pub(super) fn install() -> Result<Self> {
        if workspace::is_root() && process::find_program("apt-get").is_some() {
            apt::update()?;
            if let Some(packages) = PACKAGES.iter().find(|packages| apt::offers(*packages)) {
                apt::install(packages)?;
            }
        }
        if Self::find().is_none() {
            rustup::ensure_nightly()?;
            progress::during("adding rust-src to nightly", || {
                rustup::rustup(&["component", "add", "rust-src", "--toolchain", "nightly"])
            })?;
        }
        Self::find().context("a compiler was installed, but its core library for bpf is not found")
    }

    /// Major version of the LLVM inside; bpf-linker must have the same or a newer one.
    pub(super) fn llvm(self) -> Result<u32> {
        let text = process::run(self.rustc().arg("-vV"))?;
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("LLVM version: "));
        version
            .and_then(|version| version.split('.').next()?.parse().ok())
            .with_context(|| format!("no LLVM version in: {text}"))
    }

    fn rustc(self) -> Command {
        match self {
            Toolchain::Distribution => Command::new("/usr/bin/rustc"),
            Toolchain::Nightly => {
                let mut rustc = process::command("rustc");
                rustc.arg("+nightly");
                rustc
            }
        }
    }

    fn has(self, path: &str) -> bool {
        process::run(self.rustc().args(["--print", "sysroot"]))
            .is_ok_and(|sysroot| Path::new(sysroot.trim()).join(path).exists())
    }
}
