//! New connections between two hosts that have a control connection, and what was said of them.

use bytemuck::{Pod, Zeroable};

use crate::{address::Address, tuple::Tuple};

/// Attempts that are kept of one pair of hosts.
pub const ATTEMPTS: usize = 8;

/// Key of the map of attempts: two hosts, the same in both directions.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct HostPair {
    /// The address that sorts first; see [`Address::precedes`].
    pub low: Address,
    /// The other one.
    pub high: Address,
    /// See [`Tuple::zone`].
    pub zone: u32,
}

impl HostPair {
    /// The pair of two addresses, in either order.
    pub const fn new(one: &Address, other: &Address, zone: u32) -> Self {
        let (low, high) = if other.precedes(one) {
            (other, one)
        } else {
            (one, other)
        };
        Self {
            low: *low,
            high: *high,
            zone,
        }
    }
}

/// A new connection, and what was said of it.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Attempt {
    /// When its last SYN came; monotonic clock, nanoseconds.
    pub time: u64,
    /// [`crate::session::Session::id`] of the control connection that it was judged by, or 0.
    pub session: u64,
    /// Its number for this pair, from 1; 0 while it is being written.
    pub number: u32,
    /// The expectation's number in the session, or 0.
    pub expectation: u32,
    /// Port of the side that connects, host byte order.
    pub source_port: u16,
    /// Port that it connects to, host byte order.
    pub destination_port: u16,
    /// The side that connects is [`HostPair::low`].
    pub from_low: u8,
    /// It was admitted, because it was expected.
    pub admitted: u8,
    /// A [`crate::reason::Reason`].
    pub reason: u8,
    /// Reserved, zero.
    pub reserved: u8,
}

/// Value of the map of attempts.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Attempts {
    /// Attempts written so far.
    pub count: u64,
    /// The last of them; number `n` is at [`slot`]`(n)`.
    pub entries: [Attempt; ATTEMPTS],
}

/// Where the attempt with this number lies.
#[inline(always)]
pub const fn slot(number: u64) -> usize {
    (number.wrapping_sub(1) % ATTEMPTS as u64) as usize
}

impl Attempts {
    /// The attempts that are kept, oldest first. One that is being written is left out.
    pub fn kept(&self) -> impl Iterator<Item = &Attempt> {
        let first = self.count.saturating_sub(ATTEMPTS as u64) + 1;
        (first..=self.count).filter_map(|number| {
            let attempt = &self.entries[slot(number)];
            (attempt.number == number as u32).then_some(attempt)
        })
    }
}

impl Attempt {
    /// The addresses and ports of its SYN.
    pub const fn tuple(&self, pair: &HostPair) -> Tuple {
        let (source, destination) = if self.from_low != 0 {
            (pair.low, pair.high)
        } else {
            (pair.high, pair.low)
        };
        Tuple {
            source,
            destination,
            source_port: self.source_port,
            destination_port: self.destination_port,
            zone: pair.zone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuple::FlowKey;

    const ONE: Address = Address::from_v4([10, 0, 0, 1]);
    const OTHER: Address = Address::from_v4([192, 0, 2, 1]);

    #[test]
    fn both_orders_are_one_pair() {
        let pair = HostPair::new(&ONE, &OTHER, 0);
        assert_eq!(pair, HostPair::new(&OTHER, &ONE, 0));
        assert_ne!(pair, HostPair::new(&OTHER, &ONE, 1));
        assert_ne!(pair, HostPair::new(&ONE, &ONE, 0));
    }

    #[test]
    fn the_pair_sorts_as_a_flow_does() {
        let tuple = Tuple {
            source: ONE,
            destination: OTHER,
            source_port: 9,
            destination_port: 7,
            zone: 0,
        };
        let pair = HostPair::new(&ONE, &OTHER, 0);
        for tuple in [tuple, tuple.reversed()] {
            let (key, source_is_low) = FlowKey::of(&tuple);
            assert_eq!((key.low, key.high), (pair.low, pair.high));
            let attempt = Attempt {
                source_port: tuple.source_port,
                destination_port: tuple.destination_port,
                from_low: source_is_low.into(),
                ..Attempt::default()
            };
            assert_eq!(attempt.tuple(&pair), tuple);
        }
    }

    #[test]
    fn the_last_are_kept_in_order() {
        let mut attempts = Attempts::default();
        for number in 1..=ATTEMPTS as u64 + 3 {
            attempts.count = number;
            attempts.entries[slot(number)].number = number as u32;
        }
        let numbers = attempts.kept().map(|attempt| u64::from(attempt.number));
        assert!(numbers.eq(4..=ATTEMPTS as u64 + 3));
        attempts.entries[slot(5)].number = 0;
        assert_eq!(attempts.kept().count(), ATTEMPTS - 1);
    }
}
