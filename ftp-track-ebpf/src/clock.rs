//! Time for the engine.

use aya_ebpf::helpers::generated;

/// The clock's number (linux/time.h: `CLOCK_BOOTTIME`).
pub const ID: u64 = 7;

/// Nanoseconds of the monotonic clock that goes on while the machine sleeps: it never jumps, what was
/// announced before a sleep is not still expected after it, and user space reads the same one.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: the helper takes nothing and cannot fail.
    unsafe { generated::bpf_ktime_get_boot_ns() }
}

/// The kernel's coarse clock (`jiffies`): 100 to 1000 ticks a second, and it costs a load. Never 0.
#[inline(always)]
pub fn tick() -> u64 {
    // SAFETY: the helper takes nothing and cannot fail.
    unsafe { generated::bpf_jiffies64() }
}
