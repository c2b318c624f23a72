//! The object that is made, and what making it needs in any case.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

/// Package and binary with the kernel programs.
pub const PACKAGE: &str = "ftp-track-ebpf";

/// Separates the arguments in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

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

    /// Compiles it with `cargo`, a command that already says which compiler is used.
    pub fn compile(&self, mut cargo: Command) -> Result<()> {
        let machine = format!("--cfg=bpf_target_arch=\"{}\"", self.machine);
        let flags = [
            &machine,
            // 32-bit operations and jumps. The verifier follows them where it loses track of the
            // shifts that stand for them in older instruction sets.
            "-Ctarget-cpu=v3",
            "-Cdebuginfo=2",
            "-Clink-arg=--btf",
            // Small copies inline: a call to memset or memcpy goes byte by byte, and under a spin
            // lock Linux before 6.9 refuses it.
            "-Clink-arg=--disable-expand-memcpy-in-order",
        ];
        // A directory of its own: the running cargo holds the lock of the usual one.
        let target_dir = self.out_dir.join("ebpf");
        let status = cargo
            .args(["build", "--release", "--bins", "--package", PACKAGE])
            .args(["--target", &self.target, "--target-dir"])
            .arg(&target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER")
            .status()
            .context("cargo cannot be run")?;
        ensure!(status.success(), "compiling {PACKAGE} failed: {status}");
        let made = target_dir.join(&self.target).join("release").join(PACKAGE);
        fs::copy(&made, self.out_dir.join(PACKAGE))
            .with_context(|| format!("{} cannot be copied", made.display()))?;
        Ok(())
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
fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set: this has to be run by cargo"))
}
