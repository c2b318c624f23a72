//! The three-way handshake of a control connection (RFC 9293, 3.5).
//!
//! Until it is complete it lives in a map of its own that may forget, so that a flood of SYNs
//! cannot take the room of sessions.

use bytemuck::{Pod, Zeroable};

use crate::{segment::Segment, sequence::Sequence, tuple::Direction};

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
    /// Not a handshake, but a segment in the middle of a connection: 1 from the client, 2 from the
    /// server.
    pub glimpse: u8,
    /// Two servers answered the SYN, or one twice and differently.
    pub contested: u8,
    /// Bytes in the segment of a glimpse.
    pub length: u16,
}

impl Handshake {
    /// What a segment says in the middle of a connection; its first byte is the next of `direction`.
    #[inline(always)]
    pub fn glimpse(direction: Direction, segment: &Segment, now: u64) -> Self {
        let length = if segment.length > u16::MAX as u32 {
            u16::MAX
        } else {
            segment.length as u16
        };
        let (own, other) = (segment.sequence, segment.acknowledgment);
        let mut glimpse = Self::zeroed();
        glimpse.created = now;
        glimpse.glimpse = direction as u8 + 1;
        glimpse.length = length;
        match direction {
            Direction::FromClient => {
                glimpse.client_first = own;
                glimpse.server_first = other;
                glimpse.client_interface = segment.interface;
            }
            Direction::FromServer => {
                glimpse.server_first = own;
                glimpse.client_first = other;
                glimpse.server_interface = segment.interface;
            }
        }
        glimpse
    }

    /// Whether this is a glimpse, not a handshake.
    #[inline(always)]
    pub const fn is_glimpse(&self) -> bool {
        self.glimpse != 0
    }

    /// Whether a segment shows that what was glimpsed is a connection: it comes from the other side,
    /// goes on where the first segment said, and acknowledges some of its bytes.
    #[inline(always)]
    pub const fn is_continued_by(&self, direction: Direction, segment: &Segment) -> bool {
        let (glimpsed, first, next) = match direction {
            Direction::FromClient => (2, self.server_first, self.client_first),
            Direction::FromServer => (1, self.client_first, self.server_first),
        };
        let beyond = segment.acknowledgment.wrapping_sub(first);
        self.glimpse == glimpsed
            && segment.sequence == next
            && beyond != 0
            && beyond <= self.length as u32
    }

    /// The interface of `direction`, as far as it is known.
    #[inline(always)]
    pub const fn interface(&self, direction: Direction) -> u32 {
        match direction {
            Direction::FromClient => self.client_interface,
            Direction::FromServer => self.server_interface,
        }
    }

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
            && self.contested == 0
            && acknowledgment == self.server_first.wrapping_add(1)
            && (sent == 1 || (self.early_data != 0 && sent > 1 && sent < 65_536))
    }

    /// Whether a SYN is the first one, sent again.
    #[inline(always)]
    pub const fn is_repeated_by(&self, segment: &Segment) -> bool {
        self.glimpse == 0
            && segment.sequence == self.client_first
            && segment.interface == self.client_interface
    }

    /// Takes a SYN-ACK. False when it is a second answer that contradicts the first: the connection
    /// is contested, and nobody can say who the server is.
    #[inline(always)]
    pub fn answer(&mut self, segment: &Segment) -> bool {
        if self.glimpse != 0 || !self.is_answered_by(segment.acknowledgment) {
            return true;
        }
        let contradicts =
            segment.sequence != self.server_first || segment.interface != self.server_interface;
        if self.answered != 0 && contradicts {
            self.contested = 1;
            return false;
        }
        self.server_first = segment.sequence;
        self.server_interface = segment.interface;
        self.server_scale = segment.scale;
        self.answered = 1;
        true
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
