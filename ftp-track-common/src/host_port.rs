//! `h1,h2,h3,h4,p1,p2`: the HOST-PORT of PORT and of the 227 reply (RFC 959, 4.1.2 and 5.3.2).

use bytemuck::{Pod, Zeroable};

use crate::{address::Address, number::Decimal};

/// What a byte did to a [`HostPort`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The byte belongs to the text, or to what stands before it.
    More,
    /// Six numbers were complete before this byte.
    Complete,
    /// The byte cannot follow; what was read so far is forgotten.
    Broken,
}

/// Push parser for a run of six numbers of at most 255, separated by commas; spaces may follow a
/// comma.
///
/// A run that has a number above 255 among its first six is skipped as a whole: a part of an
/// impossible address is not an address.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct HostPort {
    number: Decimal,
    octets: [u8; 8],
    count: u8,
    after_comma: u8,
    impossible: u8,
    complete: u8,
    reserved: [u8; 4],
}

impl HostPort {
    /// Forgets everything.
    #[inline(always)]
    pub fn start(&mut self) {
        *self = Self::zeroed();
    }

    /// Takes one byte. After [`Progress::Complete`] further bytes change nothing.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) -> Progress {
        if self.complete != 0 {
            return Progress::Complete;
        }
        match byte {
            b'0'..=b'9' => {
                self.number.push(byte - b'0');
                self.after_comma = 0;
                Progress::More
            }
            b' ' if self.after_comma != 0 => Progress::More,
            b',' if !self.number.is_empty() => {
                if self.end_number() {
                    return Progress::Complete;
                }
                self.after_comma = 1;
                Progress::More
            }
            _ if !self.number.is_empty() && self.end_number() => Progress::Complete,
            _ => {
                self.start();
                Progress::Broken
            }
        }
    }

    /// Ends the current number; true when it was the sixth of a good run.
    #[inline(always)]
    fn end_number(&mut self) -> bool {
        match self.number.value(255) {
            Some(value) => self.octets[(self.count & 7) as usize] = value as u8,
            None => self.impossible = 1,
        }
        self.number = Decimal::new();
        if self.count < 6 {
            self.count += 1;
        }
        if self.count == 6 && self.impossible == 0 {
            self.complete = 1;
        }
        self.complete != 0
    }

    /// Address and port, once complete. The port may be 0.
    #[inline(always)]
    pub fn value(&self) -> Option<(Address, u16)> {
        let [a, b, c, d, high, low, ..] = self.octets;
        (self.complete != 0).then_some((
            Address::from_v4([a, b, c, d]),
            u16::from_be_bytes([high, low]),
        ))
    }
}
