//! The clocks: the kernel programs stamp with a monotonic one, people read the other.

use jiff::{SignedDuration, Timestamp};
use nix::time::{ClockId, clock_gettime};

/// The monotonic clock that goes on while the machine sleeps, in nanoseconds, as
/// `bpf_ktime_get_boot_ns` gives it.
pub fn monotonic() -> u64 {
    // It cannot fail: the clock exists on every Linux and the result lies on our stack.
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
        let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or_default();
        seconds * 1_000_000_000 + nanoseconds
    })
}

/// The time of day at which the monotonic clock showed `then`.
pub fn time_of_day(then: u64) -> Timestamp {
    let ago = monotonic().saturating_sub(then);
    let ago = SignedDuration::from_nanos(i64::try_from(ago).unwrap_or(i64::MAX));
    let now = Timestamp::now();
    now.checked_sub(ago).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_before_now() {
        let now = monotonic();
        let minute = 60_000_000_000;
        let gap = time_of_day(now).duration_since(time_of_day(now.saturating_sub(minute)));
        let seconds = gap.as_secs_f64();
        assert!((59.0..61.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn it_runs() {
        let before = monotonic();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(monotonic() >= before + 2_000_000);
    }
}
