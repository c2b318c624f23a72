//! bpf-linker, built against the distribution's LLVM.

use anyhow::{Context, Result};
use ftp_track_tests::process;

use super::apt;
use super::toolchain::Toolchain;
use crate::progress;

pub(super) fn is_installed() -> bool {
    process::run(process::command("bpf-linker").arg("--version")).is_ok()
}

/// Builds bpf-linker for the LLVM of the compiler whose output it is to link.
pub(super) fn install(toolchain: &Toolchain) -> Result<()> {
    let llvm = toolchain.llvm()?;
    let package = format!("llvm-{llvm}-dev");
    let prefix = format!("/usr/lib/llvm-{llvm}");
    let config = format!("{prefix}/bin/llvm-config");
    if !std::path::Path::new(&config).exists() {
        apt::install(&[&package])
            .with_context(|| format!("bpf-linker needs LLVM {llvm}, as the compiler has it"))?;
    }
    let feature = format!("llvm-{llvm}");
    let arguments = [
        "install",
        "bpf-linker",
        "--no-default-features",
        "--features",
        &feature,
        "--locked",
    ];
    progress::during("building bpf-linker (about a minute)", || {
        let mut cargo = process::command("cargo");
        // Without the prefix it would take whatever llvm-config comes first.
        process::run(cargo.env("LLVM_PREFIX", &prefix).args(arguments)).with_context(|| {
            format!(
                "try by hand: LLVM_PREFIX={prefix} cargo {}",
                arguments.join(" ")
            )
        })
    })?;
    Ok(())
}
