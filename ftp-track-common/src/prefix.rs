//! A set of addresses that begin alike.

use bytemuck::{Pod, Zeroable};

use crate::address::Address;

/// Bits of IPv4-mapped addresses that stand before the IPv4 address (RFC 4291, 2.5.5.2).
pub const MAPPED_BITS: u32 = 96;
/// Bits of an address.
pub const ADDRESS_BITS: u32 = 128;

/// An address prefix. IPv4 prefixes are those of mapped addresses: 96 bits longer than they are
/// written. All zero is every address of both families.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct Prefix {
    /// The bits that count; the others are zero.
    address: Address,
    /// Ones where bits count.
    mask: Address,
}

impl Prefix {
    /// Every address.
    pub const ANY: Self = Self {
        address: Address::from_v6([0; 16]),
        mask: Address::from_v6([0; 16]),
    };

    /// The first `length` bits of `address`, counted in its 16-byte form; more than 128 are 128.
    pub fn new(address: &Address, length: u32) -> Self {
        let mut kept = address.octets();
        let mut mask = [0xff; 16];
        for (i, (byte, ones)) in kept.iter_mut().zip(&mut mask).enumerate() {
            let left = length.saturating_sub(8 * i as u32).min(8);
            *ones = (0xff00_u16 >> left) as u8;
            *byte &= *ones;
        }
        Self {
            address: Address::from_v6(kept),
            mask: Address::from_v6(mask),
        }
    }

    /// One address.
    pub fn host(address: &Address) -> Self {
        Self::new(address, ADDRESS_BITS)
    }

    /// The first address.
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// How many bits count, of 128.
    pub fn length(&self) -> u32 {
        let ones = self.mask.octets();
        ones.iter().map(|byte| byte.count_ones()).sum()
    }

    /// Whether it is every address.
    #[inline(always)]
    pub const fn is_any(&self) -> bool {
        self.mask.same(&Self::ANY.mask)
    }

    /// Whether `address` is one of its addresses.
    #[inline(always)]
    pub const fn contains(&self, address: &Address) -> bool {
        self.address.agrees(address, &self.mask)
    }

    /// Whether every address of `other` is one of its own.
    pub fn includes(&self, other: &Self) -> bool {
        self.length() <= other.length() && self.contains(&other.address)
    }

    /// Whether there is an address in both: then one includes the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.includes(other) || other.includes(self)
    }
}
