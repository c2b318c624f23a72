//! The object that is made, and what making it needs in any case.

use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

/// Package and binary with the kernel programs.
pub const PACKAGE: &str = "ftp-track-ebpf";
/// Where that package lies, relative to this one.
pub const PACKAGE_ROOT: &str = "../ftp-track-ebpf";

/// The object to make.
pub struct Object {
    /// `bpfel-unknown-none` or `bpfeb-unknown-none`: the byte order of the machine that runs it.
    pub target: String,
    /// Architecture of the machine that runs it, which decides the layout of `pt_regs`.
    pub machine: String,
    /// The directory it is left in, under the package's name.
    pub out_dir: PathBuf,
}

impl Object {
    /// The object for the target of the running build.
    pub fn of_environment() -> Result<Self> {
        let order = match variable("CARGO_CFG_TARGET_ENDIAN")?.as_str() {
            "big" => "bpfeb",
            _ => "bpfel",
        };
        Ok(Self {
            target: format!("{order}-unknown-none"),
            machine: variable("CARGO_CFG_TARGET_ARCH")?,
            out_dir: variable("OUT_DIR")?.into(),
        })
    }
}

/// Whether bpf-linker can be run.
pub fn has_linker() -> bool {
    succeeds(Command::new("bpf-linker").arg("--version"))
}

/// Whether a command can be run and succeeds; its output is dropped.
fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The first line that a command prints, if it succeeds.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// A variable that cargo sets for build scripts.
pub fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set: this has to be run by cargo"))
}

/// The cargo that runs this build.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
