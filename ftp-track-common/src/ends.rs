//! A tuple in 64-bit words, for what is done with each packet.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::join,
    tuple::{FlowKey, Tuple},
};

/// Odd numbers whose bits are spread evenly.
const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// The memory of a [`Tuple`], or of a [`FlowKey`]: source (or lower end), destination, both ports and the
/// zone.
///
/// An address is aligned to four bytes only, so that the compiler would take it in four steps.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Ends([u64; 5]);

impl From<Tuple> for Ends {
    #[inline(always)]
    fn from(tuple: Tuple) -> Self {
        bytemuck::cast(tuple)
    }
}

impl From<FlowKey> for Ends {
    #[inline(always)]
    fn from(key: FlowKey) -> Self {
        bytemuck::cast(key)
    }
}

impl From<Ends> for Tuple {
    #[inline(always)]
    fn from(ends: Ends) -> Self {
        bytemuck::cast(ends)
    }
}

impl From<Ends> for FlowKey {
    #[inline(always)]
    fn from(ends: Ends) -> Self {
        bytemuck::cast(ends)
    }
}

impl Ends {
    /// From the halves of addresses, ports as they lie in a TCP header, and a zone.
    #[inline(always)]
    pub const fn new(source: [u64; 2], destination: [u64; 2], ports: u32, zone: u32) -> Self {
        let ports = u32::from_be(ports);
        let ports = if cfg!(target_endian = "little") {
            ports.rotate_left(16)
        } else {
            ports
        };
        Self([
            source[0],
            source[1],
            destination[0],
            destination[1],
            join(ports, zone),
        ])
    }

    /// The halves of the source address.
    #[inline(always)]
    pub const fn source(&self) -> [u64; 2] {
        [self.0[0], self.0[1]]
    }

    /// The halves of the destination address.
    #[inline(always)]
    pub const fn destination(&self) -> [u64; 2] {
        [self.0[2], self.0[3]]
    }

    /// Source and destination port, host byte order.
    #[inline(always)]
    pub fn ports(&self) -> [u16; 2] {
        let [source, destination, ..]: [u16; 4] = bytemuck::cast(self.0[4]);
        [source, destination]
    }

    #[inline(always)]
    fn other_way(&self) -> Self {
        let [ports, zone]: [u32; 2] = bytemuck::cast(self.0[4]);
        let [a, b, c, d, _] = self.0;
        Self([c, d, a, b, join(ports.rotate_left(16), zone)])
    }

    /// Equality in one comparison: each is a way of its own for the kernel's verifier.
    #[inline(always)]
    pub const fn same(&self, other: &Self) -> bool {
        let (one, other) = (&self.0, &other.0);
        (one[0] ^ other[0])
            | (one[1] ^ other[1])
            | (one[2] ^ other[2])
            | (one[3] ^ other[3])
            | (one[4] ^ other[4])
            == 0
    }

    /// Whether these are packets of this connection, of either direction; if so, whether of the same.
    #[inline(always)]
    pub fn direction(&self, other: &Self) -> Option<bool> {
        // Nearly always the ports tell.
        if self.0[4] == other.0[4] && self.same(other) {
            Some(true)
        } else if self.same(&other.other_way()) {
            Some(false)
        } else {
            None
        }
    }

    /// A number below `count`, the same for both directions.
    #[inline(always)]
    pub fn place(&self, count: u32) -> u32 {
        let [a, b, c, d, _] = self.0;
        let [source, destination] = self.ports();
        // The lower half of an IPv4 address's second word is the same for all.
        let addresses = (a ^ c) ^ (b ^ d).rotate_left(32);
        let mixed = addresses
            .wrapping_mul(MIX[0])
            .wrapping_add((source ^ destination) as u64)
            .wrapping_mul(MIX[1]);
        (((mixed >> 32) * count as u64) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    const COUNT: u32 = 32_768;

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
    fn is_what_the_packet_says() {
        let tuple = Tuple {
            source: Address::from_v6([7; 16]),
            zone: 9,
            ..tuple(3, 4321)
        };
        let [a, b] = [4321u16, 50_000].map(u16::to_be_bytes);
        let ports = u32::from_ne_bytes([a[0], a[1], b[0], b[1]]);
        let (source, destination) = (tuple.source.halves(), tuple.destination.halves());
        let ends = Ends::new(source, destination, ports, 9);
        assert_eq!(ends, Ends::from(tuple));
        assert_eq!(Tuple::from(ends), tuple);
        assert_eq!((ends.source(), ends.destination()), (source, destination));
        assert_eq!(ends.ports(), [4321, 50_000]);
    }

    #[test]
    fn both_directions_and_the_key_have_one_place() {
        for port in 1024..=u16::MAX {
            let tuple = tuple(port.rotate_left(5), port);
            let (key, _) = FlowKey::of(&tuple);
            for count in [1, 1000, COUNT, 1 << 22] {
                let place = Ends::from(tuple).place(count);
                assert_eq!(place, Ends::from(tuple.reversed()).place(count));
                assert_eq!(place, Ends::from(key).place(count));
                assert!(place < count);
            }
        }
    }

    /// 8192 thrown at random would take 7257 of 32,768 places.
    #[test]
    fn places_spread() {
        let spread = |name: &str, tuples: &mut dyn Iterator<Item = Tuple>| {
            let mut taken = [0u32; COUNT as usize];
            for tuple in tuples {
                taken[Ends::from(tuple).place(COUNT) as usize] += 1;
            }
            let (used, most) = (
                taken.iter().filter(|&&n| n > 0).count(),
                *taken.iter().max().unwrap(),
            );
            assert!(
                used > 6500 && most <= 8,
                "{name}: {used} used, {most} in one"
            );
        };
        spread(
            "clients",
            &mut (0..8192).map(|client| tuple(client, 40_000)),
        );
        spread("ports", &mut (0..8192).map(|port| tuple(7, 40_000 + port)));
        spread(
            "both",
            &mut (0..8192).map(|n| tuple(n % 64, 40_000 + n / 64)),
        );
        let v6 = |n: u16| {
            let mut source = [0x20; 16];
            source[14..].copy_from_slice(&n.to_be_bytes());
            Tuple {
                source: Address::from_v6(source),
                ..tuple(0, 40_000)
            }
        };
        spread("IPv6", &mut (0..8192).map(v6));
    }

    #[test]
    fn directions() {
        let own = tuple(1, 2);
        let ends = Ends::from(own);
        assert_eq!(ends.direction(&ends), Some(true));
        assert_eq!(ends.direction(&Ends::from(own.reversed())), Some(false));
        let changes: [fn(&mut Tuple); 5] = [
            |it| it.source = Address::from_v4([1, 2, 3, 4]),
            |it| it.destination = Address::from_v6([1; 16]),
            |it| it.source_port += 1,
            |it| it.destination_port += 1,
            |it| it.zone = 1,
        ];
        for change in changes {
            let mut other = own;
            change(&mut other);
            assert_eq!(ends.direction(&Ends::from(other)), None, "{other:?}");
            assert_eq!(
                ends.direction(&Ends::from(other.reversed())),
                None,
                "{other:?}"
            );
            assert!(!ends.same(&Ends::from(other)));
        }
        // Where both ports are the same, they do not tell.
        let even = tuple(1, 50_000);
        let ends = Ends::from(even);
        assert_eq!(ends.direction(&ends), Some(true));
        assert_eq!(ends.direction(&Ends::from(even.reversed())), Some(false));
    }
}
