//! `cargo xtask setup`: what is missing, and installing it. What is there is not touched.

mod apt;
mod emulation;
mod linker;
mod program;
mod rustup;
mod toolchain;

use anyhow::{Result, bail};
use ftp_track_tests::{machine, server::ServerKind};

use crate::{progress, style, workspace};

pub use emulation::ensure as ensure_emulation;
pub use rustup::ensure_nightly;

/// How much is to be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What builds ftp-track and runs its tests that need no root.
    Build,
    /// Also what the labs need.
    Lab,
}

impl Scope {
    /// Without root there are no labs, so nothing is installed for them.
    pub fn for_this_user() -> Self {
        if workspace::is_root() {
            Scope::Lab
        } else {
            Scope::Build
        }
    }
}

/// Says what is missing and installs it.
///
/// # Errors
/// When something cannot be installed; the message says what to do by hand.
pub fn run(scope: Scope) -> Result<()> {
    let packages = program::missing_packages(scope);
    let components = rustup::missing_components();
    let servers = missing_servers(scope);
    let firewalls = scope == Scope::Lab && !machine::are_firewalls_there();
    let toolchain = toolchain::Toolchain::find();
    let linker = linker::is_installed();

    if packages.is_empty()
        && components.is_empty()
        && servers.is_empty()
        && !firewalls
        && toolchain.is_some()
        && linker
    {
        anstream::eprintln!("{} nothing is missing", style::heading("setup:"));
        return Ok(());
    }
    anstream::eprintln!("{} installing what is missing", style::heading("setup:"));
    for package in &packages {
        anstream::eprintln!("  package {package}");
    }
    for component in &components {
        anstream::eprintln!("  rustup component {component}");
    }
    if toolchain.is_none() {
        anstream::eprintln!("  a compiler for eBPF (rustc with a bpf core)");
    }
    if !linker {
        anstream::eprintln!("  bpf-linker, with the LLVM that it needs");
    }
    for server in &servers {
        anstream::eprintln!("  {server}, unpacked below the target folder");
    }
    if firewalls {
        anstream::eprintln!("  firewalld and ufw, unpacked below the target folder");
    }

    if !packages.is_empty() {
        apt::install(&packages)?;
    }
    for component in components {
        rustup::add_component(component)?;
    }
    let toolchain = match toolchain {
        Some(toolchain) => toolchain,
        None => toolchain::Toolchain::install()?,
    };
    if !linker {
        linker::install(&toolchain)?;
    }
    for server in servers {
        progress::during(&format!("fetching {server}"), || {
            // The package lists may be older than the packages that the mirror still has.
            server
                .fetch()
                .or_else(|_| apt::update().and_then(|()| server.fetch()))
        })?;
    }
    if firewalls {
        progress::during("fetching firewalld and ufw", || {
            machine::fetch_firewalls()
                .or_else(|_| apt::update().and_then(|()| machine::fetch_firewalls()))
        })?;
    }
    verify(scope)
}

fn missing_servers(scope: Scope) -> Vec<ServerKind> {
    let all = ServerKind::ALL.into_iter();
    all.filter(|server| scope == Scope::Lab && !server.is_installed())
        .collect()
}

/// Looks again: an installation that reported success may not have brought what was wanted.
fn verify(scope: Scope) -> Result<()> {
    let packages = program::missing_packages(scope);
    if !packages.is_empty() {
        bail!(
            "installed, but their programs are still not found: {}",
            packages.join(", ")
        );
    }
    if !linker::is_installed() {
        bail!("bpf-linker was installed but is not in PATH; add ~/.cargo/bin to PATH");
    }
    Ok(())
}
