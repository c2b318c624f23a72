//! pyftpdlib, in a Python environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{CONTROL_PORT, PASSIVE_PORTS, Setting, TESTER, package};
use crate::process;

const REQUIREMENT: &str = "pyftpdlib==2.2.0";

fn environment() -> PathBuf {
    package::cache().join("pyftpdlib")
}

/// The Python that has pyftpdlib.
pub(super) fn interpreter() -> PathBuf {
    environment().join("bin/python3")
}

pub(super) fn fetch() -> Result<()> {
    let mut venv = process::command("python3");
    process::run(venv.args(["-m", "venv", "--clear"]).arg(environment()))
        .context("cannot make a Python environment (Debian: python3-venv)")?;
    let mut pip = Command::new(interpreter());
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        REQUIREMENT,
    ]);
    process::run(&mut pip).with_context(|| format!("cannot install {REQUIREMENT}"))?;
    Ok(())
}

pub(super) fn command(setting: &Setting) -> Result<Command> {
    let python = interpreter();
    ensure!(python.is_file(), "no pyftpdlib; run `cargo xtask setup`");
    let (first, last) = PASSIVE_PORTS;
    let mut command = setting.in_namespace(&python);
    command
        .args(["-m", "pyftpdlib", "--write"])
        .args([
            "--interface",
            &setting.address(),
            "--port",
            &CONTROL_PORT.to_string(),
        ])
        .args(["--username", TESTER.user, "--password", TESTER.password])
        .args(["--range", &format!("{first}-{last}"), "--directory"])
        .arg(setting.root);
    Ok(command)
}
