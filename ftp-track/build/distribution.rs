//! The distribution's rustc, whose packages bring a compiled core library for eBPF: rustc-web with
//! libstd-rust-web-dev-bpf, or rustc with libstd-rust-dev-bpf.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::object;

/// Where packages put the compiler. A rustup in PATH does not hide it.
const RUSTC: &str = "/usr/bin/rustc";

/// The crates that use unstable features (inline assembly for eBPF). A list, because `1` would
/// mean every crate.
const UNSTABLE: &str = "aya_ebpf,ftp_track_ebpf";

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

    /// The cargo that runs this build, with this compiler.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", UNSTABLE);
        cargo
    }
}
