//! A time in seconds that an administrator sets.

/// A lifetime or an idle time: 1 second to 30 days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lifetime(u64);

/// The number of seconds makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a time is given in seconds, from 1 to {LONGEST} (30 days)")]
pub struct InvalidLifetime;

const LONGEST: u64 = 30 * 24 * 3600;

impl Lifetime {
    /// In nanoseconds, as the kernel programs take it.
    pub fn nanoseconds(self) -> u64 {
        self.0 * 1_000_000_000
    }
}

impl TryFrom<u64> for Lifetime {
    type Error = InvalidLifetime;

    fn try_from(seconds: u64) -> Result<Self, InvalidLifetime> {
        if (1..=LONGEST).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(InvalidLifetime)
        }
    }
}
