//! What emulated machines need: an emulator, and for a foreign processor what builds programs for it.
//! Only whoever boots such a machine gets it.

use std::path::Path;

use anyhow::Result;
use ftp_track_tests::process;

use super::{apt, rustup};
use crate::{integration::Architecture, progress, style};

/// Something that a package brings.
struct Part {
    package: &'static str,
    is_there: fn() -> bool,
}

/// For machines like this one.
const AMD64: &[Part] = &[
    Part {
        package: "qemu-system-x86",
        is_there: || has("qemu-system-x86_64"),
    },
    Part {
        package: "xz-utils",
        is_there: || has("xz"),
    },
];

/// For ARM. The C library is linked statically.
const ARM64: &[Part] = &[
    Part {
        package: "qemu-system-arm",
        is_there: || has("qemu-system-aarch64"),
    },
    Part {
        package: "gcc-aarch64-linux-gnu",
        is_there: || has("aarch64-linux-gnu-gcc"),
    },
    Part {
        package: "libc6-dev-arm64-cross",
        is_there: || Path::new("/usr/aarch64-linux-gnu/lib/libc.a").exists(),
    },
    Part {
        package: "xz-utils",
        is_there: || has("xz"),
    },
];

fn has(program: &str) -> bool {
    process::find_program(program).is_some()
}

/// Installs what is missing for machines of an architecture.
///
/// # Errors
/// When something cannot be installed; the message says what to do by hand.
pub fn ensure(architecture: Architecture) -> Result<()> {
    let parts = match architecture {
        Architecture::Amd64 => AMD64,
        Architecture::Arm64 => ARM64,
    };
    let missing = parts.iter().filter(|part| !(part.is_there)());
    let packages: Vec<_> = missing.map(|part| part.package).collect();
    if !packages.is_empty() {
        let list = packages.join(" ");
        anstream::eprintln!(
            "{} machines for {architecture} need {list}",
            style::heading("setup:")
        );
        apt::install(&packages)?;
    }
    let target = architecture.target();
    if !rustup::has_target(target) {
        progress::during(&format!("adding Rust's library for {target}"), || {
            rustup::rustup(&["target", "add", target])
        })?;
    }
    Ok(())
}
