//! Values of which the verifier knows nothing.
//!
//! A constant, or a range, that differs from path to path makes the verifier check everything
//! behind it once for each path.

use core::hint::black_box;

/// The same value. `noise` is any number that the verifier does not know: it keeps no record that
/// two exclusive ors with the same number undo each other.
#[inline(always)]
pub fn opaque(value: u64, noise: u64) -> u64 {
    black_box(value ^ noise) ^ noise
}
