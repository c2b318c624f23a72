//! The workspace, its binary, and cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use ftp_track_tests::{process, tracker};

use crate::progress;

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// A cargo command in the workspace's root.
pub fn cargo() -> Command {
    let mut command = process::command("cargo");
    command.current_dir(root());
    command
}

/// Builds ftp-track with its kernel programs.
pub fn build() -> Result<PathBuf> {
    progress::during(
        "building ftp-track and its kernel programs",
        tracker::binary,
    )
}

/// Whether this process may make network namespaces and load kernel programs.
pub fn is_root() -> bool {
    process::is_root()
}
