//! Spans of time.

use serde::{Deserialize, Serialize};

/// Seconds, to the millisecond.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl Seconds {
    /// From `then` to `now`, both on the monotonic clock; zero if `then` is later.
    pub fn between(then: u64, now: u64) -> Self {
        let milliseconds = now.saturating_sub(then) / 1_000_000;
        Self(milliseconds as f64 / 1000.0)
    }
}

/// As a person reads it: `0.3s`, `12s`, `3m05s`, `2h03m`, `4d01h`.
pub fn duration(seconds: Seconds) -> String {
    let whole = seconds.0 as u64;
    match whole {
        0..10 => format!("{:.1}s", seconds.0),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (nanoseconds, expect) in [
            (0, "0.0s"),
            (340_000_000, "0.3s"),
            (12_999_000_000, "12s"),
            (185_000_000_000, "3m05s"),
            (7_380_000_000_000, "2h03m"),
            (349_200_000_000_000, "4d01h"),
        ] {
            assert_eq!(duration(Seconds::between(1, 1 + nanoseconds)), expect);
        }
        assert_eq!(Seconds::between(2, 1), Seconds(0.0));
    }
}
