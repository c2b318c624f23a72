//! Counters by reason, and additions that two CPUs may do at once.

use ftp_track_common::reason::Reason;

use crate::map::COUNTERS;

/// Counts one decision.
#[inline(always)]
pub fn count(reason: Reason) {
    count_slot(reason.slot());
}

/// Counts one decision by its number; 0 is no reason.
#[inline(always)]
pub fn count_number(number: u64) {
    if number != 0 {
        count_slot(number as u32);
    }
}

#[inline(always)]
fn count_slot(slot: u32) {
    if let Some(counter) = COUNTERS.get_ptr_mut(slot) {
        // SAFETY: the kernel gives a valid pointer to this CPU's value; only this CPU writes it.
        unsafe { *counter += 1 };
    }
}

/// Adds to a value that another CPU may be adding to.
#[inline(always)]
pub fn add(value: &mut u64, amount: u64) {
    #[cfg(target_arch = "bpf")]
    // SAFETY: the reference is valid and aligned; the instruction is one atomic addition.
    unsafe {
        core::arch::asm!(
            "lock *(u64 *)({place} + 0) += {amount}",
            place = in(reg) core::ptr::from_mut(value),
            amount = in(reg) amount,
        );
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        *value += amount;
    }
}

/// Adds one to a value that another CPU may be adding to, and gives what it is then.
#[inline(always)]
pub fn next(value: &mut u64) -> u64 {
    fetch_add(value, 1).wrapping_add(1)
}

/// Adds to a value that another CPU may be adding to, and gives what it was.
#[inline(always)]
pub fn fetch_add(value: &mut u64, amount: u64) -> u64 {
    #[cfg(target_arch = "bpf")]
    {
        let mut before = amount;
        // SAFETY: the reference is valid and aligned; the instruction is one atomic addition, which
        // leaves the old value in the register.
        unsafe {
            core::arch::asm!(
                "{before} = atomic_fetch_add((u64 *)({place} + 0), {before})",
                place = in(reg) core::ptr::from_mut(value),
                before = inout(reg) before,
            );
        }
        before
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        let before = *value;
        *value = before.wrapping_add(amount);
        before
    }
}
