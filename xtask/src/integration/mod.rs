//! `cargo xtask integration-test`: the tests inside of virtual machines with Debian's kernels.

mod archive;
mod console;
mod document;
mod elf;
mod emulator;
mod guest;
mod image;
mod kernel;
mod machine;
mod matrix;
mod module;
mod newc;
mod plan;
mod row;
mod run;
mod userland;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};

use crate::workspace;

pub use kernel::Architecture;
use kernel::Flavour;

/// Where tests are run.
#[derive(Debug, Subcommand)]
pub enum Place {
    /// In virtual machines with the kernels of Debian's releases
    Vm(Options),
}

/// What is run, and how it is shown.
#[derive(Debug, Args)]
pub struct Options {
    /// Kernels to boot, like 6.12, or `oldest` and `newest`; all when none is named
    #[arg(long, value_name = "VERSION", num_args = 1..)]
    kernel: Vec<String>,
    /// Boot only kernels for this architecture
    #[arg(long)]
    arch: Option<Architecture>,
    /// Boot only kernels that Debian built for this
    #[arg(long)]
    flavour: Option<Flavour>,
    /// Machines that run at the same time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// How the results are shown
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Keep each machine's file system and console log, also when all went well
    #[arg(long)]
    keep: bool,
    /// Write the results to docs/kernels.json, docs/kernels.md and the README's table
    #[arg(long)]
    write: bool,
    /// Boot the oldest and the newest supported kernel only, for less, and end with a line for `cargo xtask test`
    #[arg(long, hide = true)]
    ends: bool,
}

impl Options {
    fn extent(&self) -> plan::Extent {
        if self.ends {
            plan::Extent::Brief
        } else {
            plan::Extent::Whole
        }
    }
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table.
    Text,
    /// One JSON document.
    Json,
}

/// Runs the tests; returns whether all passed.
pub fn run(place: &Place) -> Result<bool> {
    let Place::Vm(options) = place;
    let mut kernels = if options.ends {
        kernel::ends()
    } else {
        kernel::select(&options.kernel, options.arch)
    };
    kernels.retain(|kernel| {
        options
            .flavour
            .is_none_or(|wanted| kernel.flavour == wanted)
    });
    ensure!(!kernels.is_empty(), "no kernel of the matrix is like that");
    let results = run::all(&kernels, options)?;
    matrix::show(&results, options)?;
    Ok(results.iter().all(run::Outcome::is_good))
}

/// Where everything is kept: `cargo clean` clears it.
fn folder() -> PathBuf {
    workspace::target().join("vm")
}
