//! A rustup nightly with rust-src, which compiles the core library for eBPF itself.

use std::{path::Path, process::Command};

use crate::object;

/// Whether the toolchain and its rust-src are installed.
pub fn is_ready() -> bool {
    let mut command = run("rustc");
    command.args(["--print", "sysroot"]);
    object::first_line(&mut command).is_some_and(|sysroot| {
        Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library")
            .is_dir()
    })
}

/// The toolchain's cargo, told to compile the core library too.
pub fn cargo() -> Command {
    let mut cargo = run("cargo");
    // The running cargo names its own compiler.
    cargo.args(["-Z", "build-std=core"]).env_remove("RUSTC");
    cargo
}

fn run(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", program]);
    command
}
