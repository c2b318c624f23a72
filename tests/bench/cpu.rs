//! A thread that is disturbed as little as possible.

use std::io;

use anyhow::{Context, Result};

/// Keeps this thread on one CPU and gives it precedence over ordinary ones. Only for the short times
/// in which something is measured.
pub fn take(cpu: usize) -> Result<Precedence> {
    // SAFETY: a set of bits, for which all zero is empty.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the index is that of a CPU, and below the set's size on every machine that has less
    // than 1024.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is as long as is said.
    let result = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    if result != 0 {
        return Err(io::Error::last_os_error()).context("cannot stay on one CPU");
    }
    schedule(libc::SCHED_FIFO, 1)?;
    Ok(Precedence(()))
}

/// This thread's precedence. Dropping it gives it back.
pub struct Precedence(());

impl Drop for Precedence {
    fn drop(&mut self) {
        let _ = schedule(libc::SCHED_OTHER, 0);
    }
}

fn schedule(policy: libc::c_int, priority: libc::c_int) -> Result<()> {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the parameters outlive the call.
    let result = unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) };
    if result != 0 {
        return Err(io::Error::last_os_error()).context("cannot get precedence over other threads");
    }
    Ok(())
}
