//! systemd in the place of the first process: as on a real machine, it starts what is left to do.

use std::convert::Infallible;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use ftp_track_tests::guest::Report;

/// Where Debian has it, also before `/lib` became a link.
const SYSTEMD: &str = "/lib/systemd/systemd";
/// What has been reported so far.
const REPORT: &str = "/report.json";

/// What is written to the file system for it. There is no journal, so what other services say is lost.
const FILES: [(&str, &str); 4] = [
    (
        "/etc/systemd/system.conf",
        "[Manager]\nShowStatus=no\nLogLevel=err\nLogTarget=console\nLogColor=no\n",
    ),
    // Without it, every unit that wants to be enabled would be, as at the first boot.
    ("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
    (
        "/etc/systemd/system/default.target",
        "[Unit]\nRequires=multi-user.target ftp-track-guest.service\nAllowIsolate=yes\n",
    ),
    (
        "/etc/systemd/system/ftp-track-guest.service",
        "[Service]\nExecStart=/init\nStandardOutput=tty\nStandardError=tty\n",
    ),
];

/// Becomes systemd, which starts this program again: see [`resume`].
pub fn hand_over(report: &Report) -> Result<Infallible> {
    fs::write(REPORT, serde_json::to_vec(report)?)?;
    fs::create_dir_all("/etc/systemd/system")?;
    for (path, text) in FILES {
        fs::write(path, text).with_context(|| format!("cannot write {path}"))?;
    }
    let error = Command::new(SYSTEMD).exec();
    Err(error).with_context(|| format!("cannot run {SYSTEMD}"))
}

/// The report so far, for what systemd has started.
pub fn resume() -> Result<Report> {
    let report = fs::read(REPORT).with_context(|| format!("no {REPORT}"))?;
    serde_json::from_slice(&report).context("the report is no report")
}
