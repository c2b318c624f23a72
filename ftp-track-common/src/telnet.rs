//! Telnet commands inside the control connection (RFC 854; RFC 959, 4.1.3; RFC 1123, 4.1.2.10).

use bytemuck::{Pod, Zeroable};

const IAC: u8 = 255;
const SUBNEGOTIATION: u8 = 250;
const WILL: u8 = 251;
const DONT: u8 = 254;
const LOWEST_COMMAND: u8 = 240;

const DATA: u8 = 0;
const AFTER_IAC: u8 = 1;
const OPTION: u8 = 2;
const INSIDE_SUBNEGOTIATION: u8 = 3;
const INSIDE_AFTER_IAC: u8 = 4;

/// Filter that takes Telnet sequences out of a stream, byte by byte.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Telnet {
    state: u8,
    /// The last byte, and whether it belongs to the text.
    byte: u8,
    is_text: u8,
    reserved: u8,
}

impl Telnet {
    /// Gives the byte back if it is part of the text, `None` if it belongs to a Telnet sequence.
    ///
    /// `IAC` before a byte that is no Telnet command is dropped alone: swallowing the byte too
    /// could hide a line end, and with it a whole line.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) -> Option<u8> {
        self.byte = byte;
        self.is_text = self.filter(byte).is_some() as u8;
        // Through memory: the kernel's verifier would follow every way through the filter
        // separately through all that comes after it.
        let settled = core::hint::black_box(&*self);
        (settled.is_text != 0).then_some(settled.byte)
    }

    /// Whether the next byte is text, unless it is `IAC`.
    #[inline(always)]
    pub const fn is_between(&self) -> bool {
        self.state == DATA
    }

    #[inline(always)]
    fn filter(&mut self, byte: u8) -> Option<u8> {
        match self.state {
            AFTER_IAC => self.after_iac(byte),
            OPTION => {
                self.state = DATA;
                // No option that FTP knows is a line end; if one stands here, the line end wins.
                (byte == b'\n').then_some(byte)
            }
            INSIDE_SUBNEGOTIATION if byte == b'\n' => {
                self.state = DATA;
                Some(byte)
            }
            INSIDE_SUBNEGOTIATION => {
                if byte == IAC {
                    self.state = INSIDE_AFTER_IAC;
                }
                None
            }
            INSIDE_AFTER_IAC => {
                self.state = if byte == IAC {
                    INSIDE_SUBNEGOTIATION
                } else {
                    DATA
                };
                (byte == b'\n').then_some(byte)
            }
            _ if byte == IAC => {
                self.state = AFTER_IAC;
                None
            }
            _ => Some(byte),
        }
    }

    #[inline(always)]
    fn after_iac(&mut self, byte: u8) -> Option<u8> {
        self.state = match byte {
            SUBNEGOTIATION => INSIDE_SUBNEGOTIATION,
            WILL..=DONT => OPTION,
            _ => DATA,
        };
        (byte < LOWEST_COMMAND || byte == IAC).then_some(byte)
    }
}

/// Every byte is `byte`.
const fn repeated(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bit of every byte.
const HIGHEST: u64 = repeated(0x80);

/// Where the first line end or `IAC` stands among eight bytes; 8 when there is none. Of the first
/// `skip`, less than eight, none counts. `word` has the first byte in its lowest bits.
#[inline(always)]
pub const fn first_mark(word: u64, skip: u32) -> u32 {
    let mut marks = (zeros(word ^ repeated(b'\n')) | zeros(word ^ repeated(IAC)))
        & (u64::MAX << ((skip & 7) * 8));
    if marks == 0 {
        return 8;
    }
    // There is no instruction on bpf that counts zeros.
    let mut first = 0;
    if marks & 0x8080_8080 == 0 {
        first += 4;
        marks >>= 32;
    }
    if marks & 0x8080 == 0 {
        first += 2;
        marks >>= 16;
    }
    if marks & 0x80 == 0 {
        first += 1;
    }
    first
}

/// The highest bit of every byte that is zero.
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    let low = !HIGHEST;
    !(((word & low) + low) | word | low)
}
