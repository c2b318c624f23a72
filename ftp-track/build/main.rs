//! Compiles the kernel programs from source and leaves the object in `OUT_DIR`, to be embedded.

mod distribution;
mod object;
mod rustup;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{distribution::Distribution, object::Object};

/// What the object is made from; relative to this package.
const SOURCES: &[&str] = &[
    "build",
    "../Cargo.lock",
    "../Cargo.toml",
    "../ftp-track-common/Cargo.toml",
    "../ftp-track-common/src",
    "../ftp-track-ebpf/Cargo.toml",
    "../ftp-track-ebpf/src",
];

fn main() -> ExitCode {
    for path in SOURCES {
        println!("cargo:rerun-if-changed={path}");
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<()> {
    let object = Object::of_environment()?;
    let distribution = Distribution::find(&object.target);
    let missing = match (&distribution, object::has_linker()) {
        (_, false) => "bpf-linker is not in PATH",
        (Some(distribution), true) => return object.compile(distribution.cargo()),
        (None, true) if rustup::is_ready() => return object.compile(rustup::cargo()),
        (None, true) => {
            "there is neither a distribution's rustc with a core library for eBPF nor a rustup \
             nightly with rust-src"
        }
    };
    bail!(
        "the kernel programs cannot be compiled: {missing}.\n\
         One command installs what is missing:\n\n    cargo xtask setup\n"
    )
}
