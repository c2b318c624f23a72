//! Ctrl-C: the lab goes away with the demonstration.

use anyhow::{Context, Result};
use ftp_track_tests::lab;

/// From now on, SIGINT, SIGTERM and SIGHUP remove this process's labs and end it.
pub(super) fn clean_up_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        anstream::eprintln!("\ninterrupted: removing the lab");
        lab::remove_own();
        // 128 and SIGINT's number, as shells have it.
        std::process::exit(130);
    })
    .context("cannot handle Ctrl-C")
}
