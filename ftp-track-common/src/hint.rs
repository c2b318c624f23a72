//! Hints whether a packet may belong to an admitted data connection, so that others need not be
//! looked for: one load in place of a look-up.
//!
//! A slot counts the flows whose addresses and ports lead to it, in either direction. It may count
//! too many (one that user space removes stays counted), which costs time, and never too few.

use crate::tuple::{FlowKey, Tuple};

/// Slots in the map of hints; a power of two.
pub const SLOTS: u32 = 32_768;

/// The slot of packets between two addresses (exclusive or of their words, folded) and between two
/// ports (exclusive or).
#[inline(always)]
pub const fn slot(addresses: u32, ports: u16) -> u32 {
    // Neighbouring numbers differ in their last bits; the multiplication moves them up.
    let mixed = (addresses ^ (ports as u32).rotate_left(16))
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(ports as u32)
        .wrapping_mul(0x85eb_ca6b);
    mixed >> (32 - SLOTS.ilog2())
}

impl FlowKey {
    /// The slot of its hint.
    #[inline(always)]
    pub const fn hint(&self) -> u32 {
        slot(
            self.low.fold() ^ self.high.fold(),
            self.low_port ^ self.high_port,
        )
    }
}

impl Tuple {
    /// The slot of the hint of the flow that it may belong to.
    #[inline(always)]
    pub const fn hint(&self) -> u32 {
        slot(
            self.source.fold() ^ self.destination.fold(),
            self.source_port ^ self.destination_port,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn tuple(client: u16, port: u16) -> Tuple {
        let [high, low] = client.to_be_bytes();
        Tuple {
            source: Address::from_v4([192, 168, high, low]),
            destination: Address::from_v4([10, 0, 0, 1]),
            source_port: port,
            destination_port: 50_000,
            zone: 0,
        }
    }

    #[test]
    fn both_directions_and_the_key_have_one() {
        for port in 1024..=u16::MAX {
            let tuple = tuple(port.rotate_left(5), port);
            let (key, _) = FlowKey::of(&tuple);
            assert_eq!(tuple.hint(), tuple.reversed().hint());
            assert_eq!(tuple.hint(), key.hint());
            assert!(key.hint() < SLOTS);
        }
    }

    #[test]
    fn flows_of_many_clients_and_of_one_spread() {
        let spread = |slots: &mut dyn Iterator<Item = u32>| {
            let mut taken = [0u32; SLOTS as usize];
            for slot in slots {
                taken[slot as usize] += 1;
            }
            (
                taken.iter().filter(|&&n| n > 0).count(),
                *taken.iter().max().unwrap(),
            )
        };
        // 8192 thrown at random would take 7257 slots.
        let (taken, most) = spread(&mut (0..8192).map(|client| tuple(client, 40_000).hint()));
        assert!(
            taken > 6500 && most <= 8,
            "clients: {taken} slots, {most} in one"
        );
        let (taken, most) = spread(&mut (0..8192).map(|port| tuple(7, 40_000 + port).hint()));
        assert!(
            taken > 6500 && most <= 8,
            "ports: {taken} slots, {most} in one"
        );
    }
}
