//! The workspace, its binary, and cargo.

use std::fs;
use std::io;
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

/// The folder for everything that is built or fetched.
pub fn target() -> PathBuf {
    // A relative CARGO_TARGET_DIR is relative to where cargo was called: to the workspace, for us.
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into()))
}

/// Removes a file or a folder, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The cargo that runs this task, in the workspace's root.
///
/// The environment stays as it is: ftp-track's build script runs again when PATH changes.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// As [`cargo`], but killed when the calling thread ends, also when that is killed itself. What
/// `cargo run` runs takes cargo's place, so it is killed too.
pub fn bound_cargo() -> Command {
    let cargo = cargo();
    // Without setpriv (util-linux) nothing else is lost.
    let Some(setpriv) = process::find_program("setpriv") else {
        return cargo;
    };
    let mut command = Command::new(setpriv);
    command
        .args(["--pdeathsig", "KILL"])
        .arg(cargo.get_program());
    command.current_dir(root());
    command
}

/// The nightly cargo, in the workspace's root.
pub fn nightly_cargo() -> Command {
    // Not the one that runs this task: only rustup's takes a toolchain.
    let mut command = Command::new("cargo");
    command.arg("+nightly").current_dir(root());
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
