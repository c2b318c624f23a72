//! Time for the engine.

use aya_ebpf::helpers::generated;

/// Nanoseconds of the monotonic clock: it never jumps, and user space reads the same one.
#[inline(always)]
pub fn now() -> u64 {
    // SAFETY: the helper takes nothing and cannot fail.
    unsafe { generated::bpf_ktime_get_ns() }
}
