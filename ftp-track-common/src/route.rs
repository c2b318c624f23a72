//! Where the packets of an admitted data connection go on: what bypass mode remembers of the
//! kernel's routing.
//!
//! Each CPU has a table of its own, so that an entry is never read while it is written. Two pairs
//! of addresses may want the same place; the later one takes it.

use bytemuck::{Pod, Zeroable};

use crate::address::Address;

/// How long a route is believed, in nanoseconds: a change of routes, neighbours or links takes
/// effect within this time.
pub const ROUTE_LIFETIME: u64 = 1_000_000_000;
/// Routes that a CPU remembers; a power of two.
pub const ROUTES: u32 = 1024;

/// The kernel forwards this pair, and the next hop is known.
pub const FORWARDED: u8 = 1;
/// The link layer addresses are known.
pub const NEIGHBOUR: u8 = 2;
/// The way out takes frames from XDP.
pub const TRANSMITS: u8 = 4;

/// A remembered route, from the interface a packet came in by to the one it leaves by.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Route {
    /// Source address of the packets: its halves.
    pub source: [u64; 2],
    /// Destination address of the packets: its halves.
    pub destination: [u64; 2],
    /// The next hop: the gateway, or the destination where it is on the link.
    pub next_hop: Address,
    /// When it has to be looked up again; monotonic clock, nanoseconds.
    pub expires: u64,
    /// The tick of the kernel's clock (`jiffies`) in which `expires` was last looked at.
    pub tick: u64,
    /// Index of the interface they come in by.
    pub ingress: u32,
    /// Index of the interface they leave by, as the kernel routes.
    pub egress: u32,
    /// Index of the interface that takes their frames: `egress`, or the one below a VLAN interface.
    pub port: u32,
    /// The largest IP packet for the way; 0 when it is not known.
    pub mtu: u16,
    /// The VLAN tag's control information, host byte order; 0 without a tag.
    pub vlan: u16,
    /// Link layer address of the next hop.
    pub to: [u8; 6],
    /// Link layer address of `egress`.
    pub from: [u8; 6],
    /// [`FORWARDED`], [`NEIGHBOUR`], [`TRANSMITS`].
    pub flags: u8,
    /// Reserved, zero.
    pub reserved: [u8; 3],
}

impl Route {
    /// The place of a pair of addresses in a table of [`ROUTES`].
    #[inline(always)]
    pub const fn place(source: &[u64; 2], destination: &[u64; 2]) -> u32 {
        // Neighbouring addresses differ in their last bits; the multiplication moves them up.
        let mixed = (source[0] ^ source[1].rotate_left(32))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(destination[0] ^ destination[1].rotate_left(32))
            .wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed >> (64 - ROUTES.ilog2())) as u32
    }

    /// Whether it is about these packets and still believed.
    #[inline(always)]
    pub const fn serves(
        &self,
        source: &[u64; 2],
        destination: &[u64; 2],
        ingress: u32,
        now: u64,
    ) -> bool {
        self.expires > now && self.is_for(source, destination, ingress)
    }

    /// Whether it is about these packets.
    #[inline(always)]
    pub const fn is_for(&self, source: &[u64; 2], destination: &[u64; 2], ingress: u32) -> bool {
        let addresses = (self.source[0] ^ source[0])
            | (self.source[1] ^ source[1])
            | (self.destination[0] ^ destination[0])
            | (self.destination[1] ^ destination[1]);
        addresses | (self.ingress ^ ingress) as u64 == 0
    }

    /// Whether all of `flags` are set.
    #[inline(always)]
    pub const fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Whether an IP packet of `length` bytes fits the way.
    #[inline(always)]
    pub const fn fits(&self, length: u32) -> bool {
        // Every IPv4 link carries 576 bytes (RFC 1122, 3.3.3), every IPv6 link more.
        let most = if self.mtu == 0 { 576 } else { self.mtu };
        length <= most as u32
    }
}

/// An IPv4 header's checksum after its time to live went down by one (RFC 1624), host byte order.
#[inline(always)]
pub const fn checksum_after_hop(checksum: u16) -> u16 {
    let sum = checksum as u32 + 0x0100;
    (sum + (sum >= 0xffff) as u32) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_table_and_spread() {
        let server = Address::from_v4([10, 0, 0, 1]).halves();
        let mut taken = [0u32; ROUTES as usize];
        for last in 0..=u16::MAX {
            let [high, low] = last.to_be_bytes();
            let client = Address::from_v4([192, 168, high, low]).halves();
            taken[Route::place(&client, &server) as usize] += 1;
        }
        let (least, most) = (taken.iter().min().unwrap(), taken.iter().max().unwrap());
        assert!(*least >= 32 && *most <= 128, "{least} to {most}");
    }

    #[test]
    fn serves_only_its_own() {
        let a = Address::from_v4([10, 0, 0, 1]).halves();
        let b = Address::from_v6([1; 16]).halves();
        let route = Route {
            source: a,
            destination: b,
            expires: 100,
            ingress: 7,
            ..Route::default()
        };
        assert!(route.serves(&a, &b, 7, 99));
        assert!(!route.serves(&a, &b, 7, 100));
        assert!(!route.serves(&a, &b, 8, 99));
        assert!(!route.serves(&b, &a, 7, 99));
        assert!(!route.serves(&a, &a, 7, 99));
        assert!(!Route::default().serves(&[0; 2], &[0; 2], 0, 0));
    }

    #[test]
    fn fits() {
        let route = |mtu| Route {
            mtu,
            ..Route::default()
        };
        assert!(route(1500).fits(1500) && !route(1500).fits(1501));
        assert!(route(0).fits(576) && !route(0).fits(577));
    }

    /// Against the sum over a whole header.
    #[test]
    fn checksums() {
        let sum = |ttl: u16, rest: u16| {
            let mut sum = (ttl << 8 | 6) as u32 + rest as u32;
            sum = (sum & 0xffff) + (sum >> 16);
            !(((sum & 0xffff) + (sum >> 16)) as u16)
        };
        for ttl in 2..=255 {
            for rest in 1..=u16::MAX {
                let (before, after) = (sum(ttl, rest), sum(ttl - 1, rest));
                assert_eq!(checksum_after_hop(before), after, "ttl {ttl}, rest {rest}");
            }
        }
    }
}
