//! The three-way handshake of a control connection (RFC 9293, 3.5).
//!
//! Until it is complete it lives in a map of its own that may forget, so that a flood of SYNs
//! cannot take the room of sessions.

use bytemuck::{Pod, Zeroable};

use crate::sequence::Sequence;

/// What the SYN and the SYN-ACK said.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Handshake {
    /// When the SYN came; monotonic clock, nanoseconds.
    pub created: u64,
    /// The client's initial sequence number.
    pub client_first: u32,
    /// The server's initial sequence number.
    pub server_first: u32,
    /// The interface the SYN came in by.
    pub client_interface: u32,
    /// The interface the SYN-ACK came in by.
    pub server_interface: u32,
    /// The client's window scale plus one; 0 when it sent none.
    pub client_scale: u8,
    /// The server's window scale plus one; 0 when it sent none.
    pub server_scale: u8,
    /// The SYN-ACK was seen.
    pub answered: u8,
    /// The SYN carried data (RFC 7413): the client spoke before the greeting.
    pub early_data: u8,
    /// Reserved, zero.
    pub reserved: [u8; 4],
}

impl Handshake {
    /// Whether a SYN-ACK with `acknowledgment` answers the SYN.
    #[inline(always)]
    pub const fn is_answered_by(&self, acknowledgment: u32) -> bool {
        // More than one beyond the SYN is data that came with it.
        let beyond = acknowledgment.wrapping_sub(self.client_first);
        beyond == 1 || (self.early_data != 0 && beyond > 1 && beyond < 65_536)
    }

    /// Whether the client's segment completes the handshake.
    #[inline(always)]
    pub const fn is_completed_by(&self, sequence: u32, acknowledgment: u32) -> bool {
        let sent = sequence.wrapping_sub(self.client_first);
        self.answered != 0
            && acknowledgment == self.server_first.wrapping_add(1)
            && (sent == 1 || (self.early_data != 0 && sent > 1 && sent < 65_536))
    }

    /// Opens both streams.
    #[inline(always)]
    pub fn open(&self, sequences: &mut [Sequence; 2]) {
        // RFC 7323, 2.2: scaling is on only if both sides offered it.
        let both = self.client_scale != 0 && self.server_scale != 0;
        let [client, server] = sequences;
        client.open(
            self.client_first.wrapping_add(1),
            if both { self.client_scale - 1 } else { 0 },
            self.client_interface,
        );
        server.open(
            self.server_first.wrapping_add(1),
            if both { self.server_scale - 1 } else { 0 },
            self.server_interface,
        );
    }
}
