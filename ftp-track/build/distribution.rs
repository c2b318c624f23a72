//! The distribution's rustc, whose packages bring a compiled core library for eBPF: rustc-web with
//! libstd-rust-web-dev-bpf, or rustc with libstd-rust-dev-bpf.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::object::{self, Object, PACKAGE};

/// Where packages put the compiler. A rustup in PATH does not hide it.
const RUSTC: &str = "/usr/bin/rustc";

/// The crates that use unstable features (inline assembly for eBPF). A list, because `1` would
/// mean every crate.
const UNSTABLE: &str = "aya_ebpf,ftp_track_ebpf";

/// Separates the arguments in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// A distribution's compiler that can make the object.
pub struct Distribution {
    rustc: PathBuf,
}

impl Distribution {
    /// The compiler, if it is installed with a core library for `target`.
    pub fn find(target: &str) -> Option<Self> {
        let rustc = Path::new(RUSTC);
        if !rustc.exists() {
            return None;
        }
        println!("cargo:rerun-if-changed={RUSTC}");
        let mut command = Command::new(rustc);
        command.args(["--print", "target-libdir", "--target", target]);
        let libraries = object::first_line(&mut command)?;
        let has_core = fs::read_dir(libraries).ok()?.flatten().any(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("libcore-")
        });
        has_core.then(|| Self {
            rustc: rustc.to_owned(),
        })
    }

    /// Compiles the object with the cargo that runs this build.
    pub fn build(&self, object: &Object) -> Result<()> {
        let machine = format!("--cfg=bpf_target_arch=\"{}\"", object.machine);
        let flags = [
            &machine,
            // 32-bit operations and jumps: fewer instructions to verify.
            "-Ctarget-cpu=v3",
            "-Cdebuginfo=2",
            "-Clink-arg=--btf",
            // Small copies inline: a call to memcpy is slow, and forbidden under a spin lock.
            "-Clink-arg=--disable-expand-memcpy-in-order",
        ];
        // A directory of its own: the running cargo holds the lock of the usual one.
        let target_dir = object.out_dir.join("distribution");
        let status = Command::new(object::cargo())
            .args(["build", "--release", "--bins", "--package", PACKAGE])
            .args(["--target", &object.target, "--target-dir"])
            .arg(&target_dir)
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", UNSTABLE)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER")
            .status()
            .context("cargo cannot be run")?;
        ensure!(status.success(), "compiling {PACKAGE} failed: {status}");
        let made = target_dir
            .join(&object.target)
            .join("release")
            .join(PACKAGE);
        fs::copy(&made, object.out_dir.join(PACKAGE))
            .with_context(|| format!("{} cannot be copied", made.display()))?;
        Ok(())
    }
}
