//! Finding the ftp-track binary without linking it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use crate::process;

/// The environment variable that names a built binary.
pub const VARIABLE: &str = "FTP_TRACK_BIN";

/// The ftp-track binary: what `FTP_TRACK_BIN` names, else what `cargo build` makes now.
pub fn binary() -> Result<PathBuf> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BINARY
        .get_or_init(|| find().map_err(|error| format!("{error:#}")))
        .clone()
        .map_err(|error| anyhow!(error))
}

fn find() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(
            path.is_file(),
            "{VARIABLE} names {}, which is no file",
            path.display()
        );
        return Ok(path);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--package",
        "ftp-track",
        "--message-format=json-render-diagnostics",
    ]);
    let messages = process::run(&mut build).context("cannot build ftp-track")?;
    executable(&messages)
}

/// The ftp-track binary among what cargo says that it has made.
pub(super) fn executable(messages: &str) -> Result<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "ftp-track")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo built no ftp-track binary")
}
