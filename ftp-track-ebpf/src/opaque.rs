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

/// A length between 1 and `MAX`, a power of two, in a form that shows both bounds to every
/// verifier: before Linux 6.8 it learns no lower bound from a comparison with zero.
#[inline(always)]
pub fn bounded<const MAX: u32>(length: u32) -> u32 {
    const { assert!(MAX.is_power_of_two()) };
    (black_box(length.wrapping_sub(1)) & (MAX - 1)) + 1
}
