//! `cargo xtask demo`: ftp-track at work in a throwaway lab.

mod interrupt;
mod ledger;
mod scene;

use std::time::Instant;

use anyhow::{Result, ensure};
use ftp_track_tests::lab::Lab;

use crate::progress::{self, Seconds};
use crate::{setup, style, workspace};

use ledger::Ledger;

/// Plays the demonstration; returns whether everything was as it should be.
pub fn run() -> Result<bool> {
    ensure!(
        workspace::is_root(),
        "the demo needs root, for network namespaces and BPF programs: run it as root"
    );
    interrupt::clean_up_on_interrupt()?;
    let start = Instant::now();
    setup::run(setup::Scope::Lab)?;
    workspace::build()?;
    let lab = progress::during("making a lab of three network namespaces", Lab::new)?;
    let mut ledger = Ledger::default();
    let played = scene::play(&lab, &mut ledger);
    interrupt::hold_if_interrupted();
    progress::during("removing the lab", || {
        drop(lab);
        Ok(())
    })?;
    played?;
    Ok(ledger.print_summary(Seconds(start.elapsed())))
}

/// The headline of a part of the demonstration.
fn headline(text: &str) {
    anstream::println!("\n{}", style::heading(text));
}
