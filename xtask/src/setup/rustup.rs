//! Parts of the stable toolchain, and the nightly one.

use std::path::Path;

use anyhow::{Context, Result};
use ftp_track_tests::process;

use crate::progress;

/// Components that a minimal installation lacks, and the program that shows each.
const COMPONENTS: [(&str, &str); 2] = [("clippy", "cargo-clippy"), ("rustfmt", "rustfmt")];

/// Components of the stable toolchain that are not there.
pub(super) fn missing_components() -> Vec<&'static str> {
    let missing = COMPONENTS.iter().filter(|(_, program)| {
        // rustup's proxies exist always, but run only when the component is there.
        process::run(process::command(program).arg("--version")).is_err()
    });
    missing.map(|(component, _)| *component).collect()
}

pub(super) fn add_component(component: &str) -> Result<()> {
    progress::during(&format!("adding {component}"), || {
        rustup(&["component", "add", component])
    })
}

/// Installs the nightly toolchain unless it is there.
pub fn ensure_nightly() -> Result<()> {
    let mut rustc = process::command("rustc");
    if process::run(rustc.args(["+nightly", "--version"])).is_ok() {
        return Ok(());
    }
    progress::during("installing the nightly toolchain", || {
        rustup(&["toolchain", "install", "nightly", "--profile", "minimal"])
    })
}

/// Whether the compiler has the library for a target.
pub(super) fn has_target(target: &str) -> bool {
    let mut rustc = process::command("rustc");
    process::run(rustc.args(["--print", "sysroot"])).is_ok_and(|sysroot| {
        let library = format!("lib/rustlib/{target}/lib");
        Path::new(sysroot.trim()).join(library).exists()
    })
}

pub(super) fn rustup(arguments: &[&str]) -> Result<()> {
    process::run(process::command("rustup").args(arguments))
        .with_context(|| format!("try by hand: rustup {}", arguments.join(" ")))
        .map(drop)
}
