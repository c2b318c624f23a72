//! A rustup nightly with rust-src, which compiles the core library for eBPF itself.

use std::{path::Path, process::Command};

use anyhow::Result;
use aya_build::{Package, Toolchain};

use crate::object::{self, PACKAGE, PACKAGE_ROOT};

/// Whether the toolchain and its rust-src are installed.
pub fn is_ready() -> bool {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "rustc", "--print", "sysroot"]);
    object::first_line(&mut command).is_some_and(|sysroot| {
        Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library")
            .is_dir()
    })
}

/// Compiles the object.
pub fn build() -> Result<()> {
    let package = Package {
        name: PACKAGE,
        root_dir: PACKAGE_ROOT,
        ..Package::default()
    };
    aya_build::build_ebpf([package], Toolchain::Nightly)
}
