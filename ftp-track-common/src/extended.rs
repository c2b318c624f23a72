//! `<d>af<d>address<d>port<d>` of EPRT and `(<d><d><d>port<d>)` of the 229 reply (RFC 2428).

use bytemuck::{Pod, Zeroable};

use crate::{
    address::{Address, AddressText, FAMILY_V4, FAMILY_V6},
    number::Decimal,
};

/// Delimiters are the printable ASCII characters without the space (RFC 2428, 2).
#[inline(always)]
const fn is_delimiter(byte: u8) -> bool {
    byte >= 33 && byte <= 126
}

const DELIMITER: u8 = 0;
const FAMILY: u8 = 1;
const ADDRESS: u8 = 2;
const PORT: u8 = 3;
const END: u8 = 4;
const BROKEN: u8 = 5;

/// Push parser for EPRT's argument (RFC 2428, 2).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct ExtendedAddress {
    address: AddressText,
    number: Decimal,
    state: u8,
    delimiter: u8,
    family: u8,
    trailing_space: u8,
}

impl ExtendedAddress {
    /// Forgets everything.
    #[inline(always)]
    pub fn start(&mut self) {
        *self = Self::zeroed();
    }

    /// Takes one byte of the argument (no line end). White space may follow the last delimiter.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) {
        if self.state == DELIMITER {
            self.delimiter = byte;
            self.state = if is_delimiter(byte) { FAMILY } else { BROKEN };
        } else if self.state == END {
            if byte != b' ' && byte != b'\t' {
                self.state = BROKEN;
            }
        } else if byte == self.delimiter {
            self.end_field();
        } else if self.state == ADDRESS {
            self.address.feed(byte);
        } else if byte.is_ascii_digit() {
            self.number.push(byte - b'0');
        } else {
            self.state = BROKEN;
        }
    }

    #[inline(always)]
    fn end_field(&mut self) {
        match self.state {
            FAMILY => match self.number.value(255) {
                Some(1) => self.start_address(FAMILY_V4),
                Some(2) => self.start_address(FAMILY_V6),
                _ => self.state = BROKEN,
            },
            ADDRESS => self.state = PORT,
            PORT if !self.number.is_empty() => self.state = END,
            _ => self.state = BROKEN,
        }
    }

    #[inline(always)]
    fn start_address(&mut self, family: u8) {
        self.family = family;
        self.number = Decimal::new();
        self.address.start(family);
        self.state = ADDRESS;
    }

    /// Address and port, if the argument was whole. The port may be 0.
    #[inline(always)]
    pub fn finish(&mut self) -> Option<(Address, u16)> {
        if self.state != END {
            return None;
        }
        let port = self.number.value(u16::MAX)?;
        Some((self.address.finish()?, port))
    }
}

/// What lay between two `(` of a line, for the delimiter `(` itself.
const GAP_OTHER: u8 = 0;
const GAP_EMPTY: u8 = 1;
const GAP_DIGITS: u8 = 2;
const GAP_ADDRESS: u8 = 3;

/// Push parser for the text of a 229 reply (RFC 2428, 3): any `(` is tried, with any delimiter; an
/// address family and an address between the delimiters are allowed and ignored.
///
/// One attempt is followed at a time, because none of the fields can hold a `(`. Only an attempt
/// whose delimiter is `(` overlaps with others; `gaps` remembers enough to settle those at the `)`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct ExtendedPort {
    number: Decimal,
    /// Digits since the last `(`.
    since: Decimal,
    found: u16,
    between: u16,
    state: u8,
    delimiter: u8,
    complete: u8,
    /// Kinds of the last four gaps between `(`, two bits each, the newest lowest.
    gaps: u8,
    /// Kind of the gap that is open now.
    gap: u8,
    /// `between` holds the last gap that was digits; they may be too many for a port.
    fits: u8,
    reserved: [u8; 2],
}

const SEEKING: u8 = 6;

impl ExtendedPort {
    /// Forgets everything.
    #[inline(always)]
    pub fn start(&mut self) {
        *self = Self::zeroed();
        self.state = SEEKING;
    }

    /// Takes one byte of the reply's text.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) {
        if self.complete != 0 {
            return;
        }
        self.feed_attempt(byte);
        if self.complete == 0 {
            self.feed_gaps(byte);
        }
    }

    #[inline(always)]
    fn feed_attempt(&mut self, byte: u8) {
        if byte == b'(' {
            self.state = DELIMITER;
            return;
        }
        match self.state {
            DELIMITER => {
                self.delimiter = byte;
                self.number = Decimal::new();
                self.state = if is_delimiter(byte) { FAMILY } else { SEEKING };
            }
            FAMILY | ADDRESS | PORT if byte == self.delimiter => {
                self.state += 1;
                if self.state == END && self.number.is_empty() {
                    self.state = SEEKING;
                }
            }
            FAMILY if byte.is_ascii_digit() => {}
            ADDRESS if is_address_text(byte) => {}
            PORT if byte.is_ascii_digit() => self.number.push(byte - b'0'),
            END if byte == b')' => match self.number.value(u16::MAX) {
                Some(port) => self.settle(port),
                None => self.state = SEEKING,
            },
            _ => self.state = SEEKING,
        }
    }

    #[inline(always)]
    fn feed_gaps(&mut self, byte: u8) {
        match byte {
            b'(' => {
                self.gaps = self.gaps << 2 | self.gap;
                if self.gap == GAP_DIGITS {
                    let port = self.since.value(u16::MAX);
                    self.fits = port.is_some() as u8;
                    self.between = port.unwrap_or(0);
                }
                self.gap = GAP_EMPTY;
                self.since = Decimal::new();
            }
            b')' => {
                let start = self.gaps >> 6;
                let family = self.gaps >> 4 & 3;
                let address = self.gaps >> 2 & 3;
                if self.gap == GAP_EMPTY
                    && start == GAP_EMPTY
                    && (family == GAP_EMPTY || family == GAP_DIGITS)
                    && address != GAP_OTHER
                    && self.gaps & 3 == GAP_DIGITS
                    && self.fits != 0
                {
                    self.settle(self.between);
                }
                self.gap = GAP_OTHER;
            }
            b'0'..=b'9' => {
                self.since.push(byte - b'0');
                if self.gap == GAP_EMPTY {
                    self.gap = GAP_DIGITS;
                }
            }
            _ if is_address_text(byte) && self.gap != GAP_OTHER => self.gap = GAP_ADDRESS,
            _ => self.gap = GAP_OTHER,
        }
    }

    #[inline(always)]
    fn settle(&mut self, port: u16) {
        self.found = port;
        self.complete = 1;
    }

    /// The port of the first group that is whole. It may be 0.
    #[inline(always)]
    pub fn value(&self) -> Option<u16> {
        (self.complete != 0).then_some(self.found)
    }
}

#[inline(always)]
const fn is_address_text(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'.' || byte == b':'
}
