//! Decimal numbers as FTP writes them: leading zeros allowed, nothing wraps.

use bytemuck::{Pod, Zeroable};

/// Larger than every limit in the grammar, small enough that one more digit cannot overflow.
const SATURATED: u32 = 65_536;

/// Push parser for one unsigned decimal number (RFC 959, 5.3.2; RFC 2428, 2).
///
/// The value saturates above 65535, so that a number of any length is either exact or refused.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Decimal {
    value: u32,
    digits: u32,
}

impl Decimal {
    /// No digit yet.
    #[inline(always)]
    pub const fn new() -> Self {
        Self {
            value: 0,
            digits: 0,
        }
    }

    /// Appends a digit; `digit` is its value, 0 to 9.
    #[inline(always)]
    pub const fn push(&mut self, digit: u8) {
        let value = self.value * 10 + digit as u32;
        self.value = if value > SATURATED { SATURATED } else { value };
        self.digits = 1;
    }

    /// Whether no digit has been read.
    #[inline(always)]
    pub const fn is_empty(&self) -> bool {
        self.digits == 0
    }

    /// The number, if there was a digit and it is at most `limit` (255 or 65535).
    #[inline(always)]
    pub const fn value(&self, limit: u16) -> Option<u16> {
        if self.digits != 0 && self.value <= limit as u32 {
            Some(self.value as u16)
        } else {
            None
        }
    }
}
