//! The BPF file system, where ftp-track pins its maps.

use std::fs;
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::process;

const PATH: &str = "/sys/fs/bpf";

/// Mounts it where no init system has: in containers and on minimal machines.
pub(crate) fn ensure_mounted() -> Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // A test that panicked while it held the lock has left nothing half done.
    let _guard = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let mounts = fs::read_to_string("/proc/self/mounts").context("cannot read the mounts")?;
    let is_mounted = mounts.lines().any(|line| {
        let mut fields = line.split(' ').skip(1);
        fields.next() == Some(PATH) && fields.next() == Some("bpf")
    });
    if !is_mounted {
        process::run(process::command("mount").args(["-t", "bpf", "bpf", PATH]))
            .context("cannot mount the BPF file system")?;
    }
    Ok(())
}
