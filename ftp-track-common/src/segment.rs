//! A TCP segment's header (RFC 9293, 3.1), as far as the engine needs it.

use bytemuck::{Pod, Zeroable};

/// FIN: the sender has no more data.
pub const FIN: u8 = 0x01;
/// SYN: synchronise sequence numbers.
pub const SYN: u8 = 0x02;
/// RST: reset the connection.
pub const RST: u8 = 0x04;
/// PSH: the receiver hands the data over at once.
pub const PSH: u8 = 0x08;
/// ACK: the acknowledgment field is significant.
pub const ACK: u8 = 0x10;
/// URG: the urgent pointer is significant.
pub const URG: u8 = 0x20;
/// ECE: congestion was seen (RFC 3168, 6.1).
pub const ECE: u8 = 0x40;
/// CWR: the congestion window was reduced (RFC 3168, 6.1).
pub const CWR: u8 = 0x80;

/// The TCP header of a segment, numbers in host byte order.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Segment {
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number.
    pub acknowledgment: u32,
    /// Payload length in bytes.
    pub length: u32,
    /// The interface it came in by, or [`crate::interface::LOCAL`]; 0 where nobody knows.
    pub interface: u32,
    /// Window as announced.
    pub window: u16,
    /// The TCP flags' low byte.
    pub flags: u8,
    /// Window scale option of a SYN, plus one; 0 without the option.
    pub scale: u8,
}

impl Segment {
    /// Whether `flag` is set.
    #[inline(always)]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether it asks for a new connection.
    #[inline(always)]
    pub const fn is_syn(&self) -> bool {
        self.flags & (SYN | ACK | RST) == SYN
    }
}
