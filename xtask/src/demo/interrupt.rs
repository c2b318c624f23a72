//! Ctrl-C: the lab goes away with the demonstration.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use ftp_track_tests::lab;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// More than removing a lab takes.
const REMOVAL: Duration = Duration::from_secs(60);

/// From now on, SIGINT, SIGTERM and SIGHUP remove this process's labs and end it.
pub(super) fn clean_up_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::Relaxed);
        anstream::eprintln!("\ninterrupted: removing the lab");
        lab::remove_own();
        // 128 and SIGINT's number, as shells have it.
        std::process::exit(130);
    })
    .context("cannot handle Ctrl-C")
}

/// Goes no further after an interrupt: what is seen in a lab that is being removed means nothing,
/// and the process ends as soon as it is gone.
pub(super) fn hold_if_interrupted() {
    if INTERRUPTED.load(Ordering::Relaxed) {
        std::thread::sleep(REMOVAL);
    }
}
