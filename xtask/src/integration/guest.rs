//! The binaries that run inside of the machines: statically linked, so that they need nothing there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ftp_track_tests::process;
use serde_json::Value;

use super::kernel::Architecture;
use crate::{progress, workspace};

/// The statically linked binaries for one architecture.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The first process.
    pub init: PathBuf,
    /// ftp-track.
    pub tracker: PathBuf,
    /// The tables of packets.
    pub tables: PathBuf,
    /// What differs from kernel to kernel.
    pub kernel: PathBuf,
}

impl Binaries {
    /// Builds them.
    pub fn build(architecture: Architecture) -> Result<Self> {
        let text = format!("building static binaries for {architecture}");
        let messages = progress::during(&text, || cargo(architecture))?;
        let find = |name: &str| {
            let of_name = |message: &Value| {
                (message["target"]["name"] == name).then_some(())?;
                message["executable"].as_str().map(PathBuf::from)
            };
            let messages = messages
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok());
            messages
                .filter_map(|message| of_name(&message))
                .next_back()
                .with_context(|| format!("cargo built no {name} for {architecture}"))
        };
        Ok(Self {
            init: find("ftp-track-guest")?,
            tracker: find("ftp-track")?,
            tables: find("tables")?,
            kernel: find("kernel")?,
        })
    }
}

fn cargo(architecture: Architecture) -> Result<String> {
    let target = architecture.target();
    let mut cargo = workspace::cargo();
    cargo
        .args([
            "build",
            "--quiet",
            "--message-format=json-render-diagnostics",
        ])
        .args(["--package", "ftp-track", "--package", "ftp-track-tests"])
        .args(["--bin", "ftp-track", "--bin", "ftp-track-guest"])
        .args(["--test", "tables", "--test", "kernel"])
        .args(["--target", target, "--target-dir"])
        .arg(super::folder().join("build"))
        // Debug information would be most of the machine's memory, and emulation is slow enough.
        .args(["--config", "profile.dev.debug=false"])
        .args(["--config", "profile.dev.package.aya-obj.opt-level=2"])
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
            "aarch64-linux-gnu-gcc",
        );
    process::run(&mut cargo).with_context(|| format!("cannot build for {target}"))
}

/// The names of the tests in a binary that this machine can run.
pub fn tests_of(binary: &Path) -> Result<Vec<String>> {
    let mut list = process::command(&binary.to_string_lossy());
    let text = process::run(list.args(["--list", "--format", "terse"]))?;
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.map(str::to_owned).collect())
}
