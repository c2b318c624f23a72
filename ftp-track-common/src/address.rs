//! IP addresses of both families in one form, and the parser for their text in EPRT.

use bytemuck::{Pod, Zeroable};

use crate::number::Decimal;

/// An IPv4 or IPv6 address: 16 bytes in network order.
///
/// IPv4 is held as its IPv4-mapped form `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2), so that one key type
/// serves both families. A mapped address never appears on the wire as IPv6 source or destination.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct Address {
    words: [u32; 4],
}

/// The third word of an IPv4-mapped address as it lies in memory.
const MAPPED: u32 = u32::from_ne_bytes([0, 0, 0xff, 0xff]);

impl Address {
    /// From an IPv4 address in network byte order.
    #[inline(always)]
    pub const fn from_v4(bytes: [u8; 4]) -> Self {
        Self {
            words: [0, 0, MAPPED, u32::from_ne_bytes(bytes)],
        }
    }

    /// From an IPv6 address in network byte order.
    #[inline(always)]
    pub const fn from_v6(bytes: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
        Self {
            words: [
                u32::from_ne_bytes([a, b, c, d]),
                u32::from_ne_bytes([e, f, g, h]),
                u32::from_ne_bytes([i, j, k, l]),
                u32::from_ne_bytes([m, n, o, p]),
            ],
        }
    }

    /// The 16 bytes in network order, IPv4 in its mapped form.
    pub const fn octets(&self) -> [u8; 16] {
        let [a, b, c, d] = self.words[0].to_ne_bytes();
        let [e, f, g, h] = self.words[1].to_ne_bytes();
        let [i, j, k, l] = self.words[2].to_ne_bytes();
        let [m, n, o, p] = self.words[3].to_ne_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    /// Whether this is an IPv4 address.
    #[inline(always)]
    pub const fn is_v4(&self) -> bool {
        // One comparison: each is a way of its own for the kernel's verifier.
        self.words[0] | self.words[1] | (self.words[2] ^ MAPPED) == 0
    }

    /// The IPv4 address in network byte order, if it is one.
    pub const fn v4(&self) -> Option<[u8; 4]> {
        if self.is_v4() {
            Some(self.words[3].to_ne_bytes())
        } else {
            None
        }
    }

    /// An IPv4 address itself, of an IPv6 address its /64.
    #[inline(always)]
    pub const fn network(&self) -> Self {
        if self.is_v4() {
            return *self;
        }
        Self {
            words: [self.words[0], self.words[1], 0, 0],
        }
    }

    /// Equality without a call: `memcmp` would be a function call, which the kernel forbids while
    /// a spin lock is held (before Linux 6.9).
    #[inline(always)]
    pub const fn same(&self, other: &Self) -> bool {
        self.words[0] == other.words[0]
            && self.words[1] == other.words[1]
            && self.words[2] == other.words[2]
            && self.words[3] == other.words[3]
    }

    /// Whether both agree in the bits that are set in `mask`.
    #[inline(always)]
    pub const fn agrees(&self, other: &Self, mask: &Self) -> bool {
        (self.words[0] ^ other.words[0]) & mask.words[0] == 0
            && (self.words[1] ^ other.words[1]) & mask.words[1] == 0
            && (self.words[2] ^ other.words[2]) & mask.words[2] == 0
            && (self.words[3] ^ other.words[3]) & mask.words[3] == 0
    }

    /// The sum of its 32-bit words as they lie in memory, for a TCP checksum; of an IPv4 address
    /// only the four bytes that are on the wire.
    #[inline(always)]
    pub const fn sum(&self, v4: bool) -> u64 {
        if v4 {
            self.words[3] as u64
        } else {
            self.words[0] as u64
                + self.words[1] as u64
                + self.words[2] as u64
                + self.words[3] as u64
        }
    }

    /// Its words folded into one, for hashing.
    #[inline(always)]
    pub const fn fold(&self) -> u32 {
        self.words[0] ^ self.words[1].rotate_left(8) ^ self.words[2].rotate_left(16) ^ self.words[3]
    }

    /// The four words as they lie in memory; an IPv4 address is the last one.
    #[inline(always)]
    pub const fn words(&self) -> &[u32; 4] {
        &self.words
    }

    /// Its halves as they lie in memory. Aligned to eight bytes they are compared in two steps.
    #[inline(always)]
    pub const fn halves(&self) -> [u64; 2] {
        let [a, b, c, d] = self.words;
        [join(a, b), join(c, d)]
    }

    /// From four words as they lie in memory.
    #[inline(always)]
    pub const fn from_words(words: [u32; 4]) -> Self {
        Self { words }
    }

    /// A total order over the bytes as they lie in memory, for normalised flow keys only.
    #[inline(always)]
    pub const fn precedes(&self, other: &Self) -> bool {
        let mut i = 0;
        while i < 4 {
            if self.words[i] != other.words[i] {
                return self.words[i] < other.words[i];
            }
            i += 1;
        }
        false
    }
}

/// Two words behind each other in memory.
#[inline(always)]
pub const fn join(first: u32, second: u32) -> u64 {
    if cfg!(target_endian = "little") {
        first as u64 | (second as u64) << 32
    } else {
        (first as u64) << 32 | second as u64
    }
}

/// Push parser for the text of an IPv6 address (RFC 4291, 2.2) or, with [`FAMILY_V4`], of a dotted
/// IPv4 address. Bytes go in one by one; [`AddressText::finish`] gives the address.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct AddressText {
    /// Groups read so far, in network order.
    groups: [u8; 16],
    /// The current group read as hexadecimal.
    hex: u32,
    /// The current dotted number.
    decimal: Decimal,
    /// Bytes filled in `groups`.
    filled: u8,
    /// Where `::` stood, in bytes, plus one; 0 when there was none.
    gap: u8,
    /// Digits in the current group.
    digits: u8,
    /// Dots seen in the dotted part.
    dots: u8,
    /// Colons seen directly before this byte (0, 1 or 2).
    colons: u8,
    /// [`FAMILY_V4`] or [`FAMILY_V6`].
    family: u8,
    /// Set once the text can no longer be an address.
    broken: u8,
    /// Set once the current group holds a digit that is not decimal.
    hexadecimal: u8,
}

/// Address family number of IPv4 in EPRT (RFC 2428, 2).
pub const FAMILY_V4: u8 = 1;
/// Address family number of IPv6 in EPRT (RFC 2428, 2).
pub const FAMILY_V6: u8 = 2;

impl AddressText {
    /// A parser for one address of `family` ([`FAMILY_V4`] or [`FAMILY_V6`]).
    #[inline(always)]
    pub fn start(&mut self, family: u8) {
        *self = Self::zeroed();
        self.family = family;
    }

    /// Takes one byte of text.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' => self.digit(byte - b'0'),
            b'a'..=b'f' => self.hex_digit(byte - b'a' + 10),
            b'A'..=b'F' => self.hex_digit(byte - b'A' + 10),
            b':' => self.colon(),
            b'.' => self.dot(),
            _ => self.broken = 1,
        }
    }

    #[inline(always)]
    fn digit(&mut self, value: u8) {
        self.decimal.push(value);
        self.hex = (self.hex << 4 | value as u32) & 0xf_ffff;
        self.count_digit();
    }

    #[inline(always)]
    fn hex_digit(&mut self, value: u8) {
        self.hexadecimal = 1;
        if self.family != FAMILY_V6 || self.dots > 0 {
            self.broken = 1;
        }
        self.hex = (self.hex << 4 | value as u32) & 0xf_ffff;
        self.count_digit();
    }

    #[inline(always)]
    fn count_digit(&mut self) {
        if self.colons == 1 && self.filled == 0 && self.gap == 0 {
            // A single leading colon.
            self.broken = 1;
        }
        self.colons = 0;
        self.digits = self.digits.saturating_add(1);
    }

    #[inline(always)]
    fn colon(&mut self) {
        if self.family != FAMILY_V6 || self.dots > 0 {
            self.broken = 1;
        } else if self.digits > 0 {
            self.end_group();
            self.colons = 1;
        } else if self.colons == 1 {
            if self.gap != 0 {
                self.broken = 1;
            }
            self.gap = self.filled + 1;
            self.colons = 2;
        } else if self.colons == 0 {
            self.colons = 1;
        } else {
            self.broken = 1;
        }
    }

    #[inline(always)]
    fn dot(&mut self) {
        if self.digits == 0 || self.hexadecimal != 0 || self.dots >= 3 {
            self.broken = 1;
        } else {
            self.end_number();
            self.dots += 1;
        }
    }

    /// Stores a 16-bit group.
    #[inline(always)]
    fn end_group(&mut self) {
        if self.digits > 4 || self.filled > 14 {
            self.broken = 1;
        } else {
            self.put((self.hex >> 8) as u8);
            self.put(self.hex as u8);
        }
        self.reset_group();
    }

    /// Stores one number of a dotted address.
    #[inline(always)]
    fn end_number(&mut self) {
        match self.decimal.value(255) {
            Some(value) if self.filled < 16 => self.put(value as u8),
            _ => self.broken = 1,
        }
        self.reset_group();
    }

    #[inline(always)]
    fn put(&mut self, byte: u8) {
        self.groups[(self.filled & 15) as usize] = byte;
        self.filled += 1;
    }

    #[inline(always)]
    fn reset_group(&mut self) {
        self.decimal = Decimal::new();
        self.hex = 0;
        self.digits = 0;
        self.hexadecimal = 0;
    }

    /// The address, if the text that was fed is one.
    #[inline(always)]
    pub fn finish(&mut self) -> Option<Address> {
        if self.family == FAMILY_V4 {
            if self.digits == 0 || self.dots != 3 {
                return None;
            }
            self.end_number();
            let [a, b, c, d, ..] = self.groups;
            return (self.broken == 0).then_some(Address::from_v4([a, b, c, d]));
        }
        if self.dots > 0 {
            if self.dots != 3 || self.digits == 0 {
                return None;
            }
            self.end_number();
        } else if self.digits > 0 {
            self.end_group();
        } else if self.colons == 1 {
            // A single trailing colon.
            return None;
        }
        if self.broken != 0 || self.filled > 16 {
            return None;
        }
        if self.gap == 0 {
            return (self.filled == 16).then_some(Address::from_v6(self.groups));
        }
        if self.filled > 14 {
            return None;
        }
        Some(Address::from_v6(self.expand()))
    }

    /// Puts the zeros in that `::` stands for.
    #[inline(always)]
    fn expand(&self) -> [u8; 16] {
        let head = self.gap - 1;
        let zeros = 16 - self.filled;
        let mut octets = [0u8; 16];
        let mut i = 0u8;
        while i < 16 {
            octets[i as usize] = if i < head {
                self.groups[i as usize]
            } else if i < head + zeros {
                0
            } else {
                self.groups[((i - zeros) & 15) as usize]
            };
            i += 1;
        }
        octets
    }
}
