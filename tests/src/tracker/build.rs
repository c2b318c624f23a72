//! Another build of ftp-track: the next version, with other kernel programs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};

use super::binary;
use crate::package::target;
use crate::process;

/// What of the workspace a build of ftp-track needs.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "docs",
    "ftp-track",
    "ftp-track-common",
    "ftp-track-ebpf",
    "packaging",
    "tests",
    "xtask",
];

/// The version of the other build.
pub const OTHER_VERSION: &str = "99.0.0";

/// What is different in the kernel programs: a file, what stands there, and what stands there instead.
/// It is the janitor's period, which is in every program that begins a session.
const CHANGE: [&str; 3] = [
    "ftp-track-ebpf/src/janitor.rs",
    "const PERIOD: u64 = 500_000_000;",
    "const PERIOD: u64 = 400_000_000;",
];

/// The binary of the other build. It is made from a changed copy of the sources, with the dependencies that
/// are compiled already: that takes about a minute, and a second when nothing has changed since.
pub fn other_build() -> Result<PathBuf> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = BINARY.get_or_init(|| make().map_err(|error| format!("{error:#}")));
    made.clone().map_err(|error| anyhow!(error))
}

fn make() -> Result<PathBuf> {
    let folder = target().join("other-build");
    let source = folder.join("source");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // One process at a time: labs of several test runs may want it.
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir(&source)?;
    // With their times, by which cargo sees what has changed.
    let mut copy = process::command("cp");
    copy.args(["--archive", "--target-directory"]).arg(&source);
    process::run(copy.args(SOURCES.iter().map(|name| workspace.join(name))))?;
    let version = |version| format!("\nversion = \"{version}\"\n");
    let (ours, other) = (version(env!("CARGO_PKG_VERSION")), version(OTHER_VERSION));
    change(&source.join("Cargo.toml"), &ours, &other)?;
    let [file, old, new] = CHANGE;
    change(&source.join(file), old, new)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    // Not by the environment, which the build of the kernel programs would inherit: it would wait for
    // the lock of that directory.
    let dependencies = format!("build.build-dir={:?}", target().display().to_string());
    build
        .current_dir(&source)
        .args(["build", "--package", "ftp-track", "--config", &dependencies])
        .arg("--target-dir")
        .arg(&folder)
        .arg("--message-format=json-render-diagnostics");
    let messages = process::run(&mut build).context("cannot build another ftp-track")?;
    binary::executable(&messages)
}

/// Replaces `old`, which has to be there once. The file's time stays.
fn change(path: &Path, old: &str, new: &str) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let count = text.matches(old).count();
    ensure!(count == 1, "{} has {old:?} {count} times", path.display());
    let modified = fs::metadata(path)?.modified()?;
    fs::write(path, text.replace(old, new))?;
    File::options()
        .append(true)
        .open(path)?
        .set_modified(modified)?;
    Ok(())
}
