//! IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200), down to the TCP segment.

use core::hint::black_box;

use ftp_track_common::{
    address::Address,
    reason::Reason,
    segment::{SYN, Segment},
    tuple::Tuple,
};

use crate::{
    door::Door,
    ethernet::{self, Network},
    frame::Frame,
    opaque::opaque,
    sight::{self, NETWORK, Seen, Sight},
    tcp,
};

/// TCP's protocol number (IANA, protocol-numbers).
pub const TCP: u8 = 6;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;

/// Most IPv6 extension headers in one packet.
const EXTENSIONS: usize = 8;
/// Headers end before it, or the packet is not read.
const DEEPEST: usize = 2000;

/// A TCP packet.
#[derive(Clone, Copy)]
pub struct Packet {
    /// How it came; written before it is read.
    pub door: Door,
    /// Addresses and ports.
    pub tuple: Tuple,
    /// The TCP header.
    pub segment: Segment,
    /// When it came; monotonic clock, nanoseconds. Only written where somebody asks: it is that of an
    /// earlier packet in one that passes without.
    pub time: u64,
    /// The [`crate::clock::tick`] in which that was noted.
    pub tick: u64,
    /// Where the IP header begins in the frame.
    pub network: u32,
    /// Where the TCP header begins in the frame.
    pub transport: u32,
    /// Length of the TCP header and the payload.
    pub transport_length: u32,
    /// Where the payload begins in the frame.
    pub payload: u32,
    /// Length of the IP packet, for the flow's byte counters.
    pub length: u32,
    /// The TCP checksum as it lies in memory.
    pub checksum: u16,
    /// Of a packet that is not TCP, the number of its protocol.
    pub protocol: u8,
    /// The first fragment of a TCP packet: only its header may be read.
    pub first_fragment: bool,
}

/// What IP says of the transport header.
#[derive(Clone, Copy)]
pub(crate) struct Transport {
    pub offset: usize,
    pub length: usize,
    pub total: usize,
    pub first_fragment: bool,
}

/// Reads the headers of a frame. Returns 0, or the number of the [`Reason`] why it cannot.
#[inline(always)]
pub fn read<F: Frame>(frame: F, packet: &mut Packet) -> u64 {
    if read_plain(frame, packet) != 0 {
        return 0;
    }
    read_any(frame, packet)
}

/// Reads the headers of a plain packet, as nearly all are, where they lie. Gives 0 if it is none.
#[inline(never)]
fn read_plain<F: Frame>(frame: F, packet: &mut Packet) -> u64 {
    let piece = frame.piece();
    let mut sight = Sight::default();
    let zone = packet.door.zone as u16;
    if packet.door.layer3 || !matches!(sight::see_any(piece, zone, &mut sight), Seen::Tcp) {
        return 0;
    }
    let mut scale = 0;
    if sight.flags & SYN != 0 {
        let (start, end) = (
            NETWORK as u32 + sight.header + 20,
            NETWORK as u32 + sight.headers,
        );
        if black_box(end) as usize > piece.length() {
            return 0;
        }
        let option = |at| {
            let option = piece.header::<3>(at)?;
            Some([option.byte::<0>(), option.byte::<1>(), option.byte::<2>()])
        };
        scale = tcp::window_scale(frame.noise(), start as usize, end as usize, option);
    }
    packet.tuple = sight.ends.into();
    packet.segment = Segment {
        sequence: sight.sequence,
        acknowledgment: sight.acknowledgment,
        length: sight.length - sight.headers,
        interface: packet.door.interface,
        window: sight.window,
        flags: sight.flags,
        scale,
    };
    packet.network = NETWORK as u32;
    packet.transport = NETWORK as u32 + sight.header;
    packet.transport_length = sight.length - sight.header;
    packet.payload = NETWORK as u32 + sight.headers;
    packet.length = sight.length;
    packet.checksum = sight.checksum;
    packet.first_fragment = false;
    1
}

/// Reads the headers of any frame. Returns 0, or the number of the [`Reason`] why it cannot.
#[inline(never)]
pub fn read_any<F: Frame>(frame: F, packet: &mut Packet) -> u64 {
    match read_headers(frame, packet) {
        Ok(()) => 0,
        Err(reason) => reason as u64,
    }
}

#[inline(always)]
fn read_headers(frame: impl Frame, packet: &mut Packet) -> Result<(), Reason> {
    let transport = match ethernet::network(frame, packet.door.layer3, &mut packet.door.interface)?
    {
        Network::V4(offset) => {
            packet.network = offset as u32;
            version4(frame, offset, packet)?
        }
        Network::V6(offset) => {
            packet.network = offset as u32;
            version6(frame, offset, packet)?
        }
    };
    let noise = frame.noise();
    tcp::read(
        frame,
        Transport {
            offset: opaque(transport.offset as u64, noise) as usize & 0xfff,
            length: opaque(transport.length as u64, noise) as usize & 0xffff,
            total: opaque(transport.total as u64, noise) as usize,
            first_fragment: opaque(transport.first_fragment as u64, noise) != 0,
        },
        packet,
    )
}

#[inline(always)]
fn version4(frame: impl Frame, offset: usize, packet: &mut Packet) -> Result<Transport, Reason> {
    let header: [u8; 20] = frame.read(offset).ok_or(Reason::Truncated)?;
    let header_length = ((header[0] & 15) as usize) * 4;
    let total = u16::from_be_bytes([header[2], header[3]]) as usize;
    if header[0] >> 4 != 4 || header_length < 20 || total < header_length {
        return Err(Reason::BadHeader);
    }
    packet.protocol = header[9];
    if header[9] != TCP {
        return Err(Reason::NotTcp);
    }
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    let first_fragment = first_fragment(fragment & 0x1fff, fragment & 0x2000 != 0)?;
    packet.tuple.source = Address::from_v4([header[12], header[13], header[14], header[15]]);
    packet.tuple.destination = Address::from_v4([header[16], header[17], header[18], header[19]]);
    Ok(Transport {
        offset: offset + header_length,
        length: total - header_length,
        total,
        first_fragment,
    })
}

#[inline(always)]
fn version6(frame: impl Frame, start: usize, packet: &mut Packet) -> Result<Transport, Reason> {
    let header: [u8; 8] = frame.read(start).ok_or(Reason::Truncated)?;
    if header[0] >> 4 != 6 {
        return Err(Reason::BadHeader);
    }
    let noise = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as u64;
    let source: [u8; 16] = frame.read(start + 8).ok_or(Reason::Truncated)?;
    let destination: [u8; 16] = frame.read(start + 24).ok_or(Reason::Truncated)?;
    let total = u16::from_be_bytes([header[4], header[5]]) as usize + 40;
    let end = start + total;
    let mut offset = start + 40;
    let mut next = header[6];
    let mut first = false;
    let mut extensions = 0;
    while next != TCP {
        if extensions == EXTENSIONS {
            return Err(Reason::TooManyHeaders);
        }
        extensions += 1;
        let size = match next {
            HOP_BY_HOP | ROUTING | DESTINATION => 8,
            AUTHENTICATION => 4,
            FRAGMENT => 0,
            _ => {
                packet.protocol = next;
                return Err(Reason::NotTcp);
            }
        };
        offset = opaque(offset as u64, noise) as usize;
        if offset > DEEPEST {
            return Err(Reason::TooManyHeaders);
        }
        if offset + 8 > end {
            return Err(cut_off(first));
        }
        let extension: [u8; 8] = frame.read(offset).ok_or(Reason::Truncated)?;
        if next == FRAGMENT {
            let place = u16::from_be_bytes([extension[2], extension[3]]);
            if extension[0] != TCP && place >> 3 != 0 {
                return Err(Reason::Fragment);
            }
            first = first_fragment(place >> 3, place & 1 != 0)?;
        }
        next = opaque(extension[0] as u64, noise) as u8;
        // RFC 8200, 4.2 counts in 8 bytes beyond the first 8; RFC 4302, 2.2 in 4 beyond 8.
        offset += 8 + (extension[1] as usize) * size;
    }
    if offset > end {
        return Err(cut_off(first));
    }
    if offset > DEEPEST {
        return Err(Reason::TooManyHeaders);
    }
    packet.tuple.source = Address::from_v6(source);
    packet.tuple.destination = Address::from_v6(destination);
    // No host accepts an IPv4 address in an IPv6 header (`ip6_rcv_core`, net/ipv6/ip6_input.c), and
    // here it would be taken for the same connection over IPv4.
    if packet.tuple.source.is_v4() || packet.tuple.destination.is_v4() {
        return Err(Reason::BadHeader);
    }
    Ok(Transport {
        offset,
        length: end - offset,
        total,
        first_fragment: first,
    })
}

/// What a packet is that ends within its headers. If it is the first of several fragments, the rest may
/// come in another one: it must not (RFC 7112, 5), but not every host looks.
#[inline(always)]
pub(crate) const fn cut_off(first_fragment: bool) -> Reason {
    if first_fragment {
        Reason::TinyFragment
    } else {
        Reason::BadHeader
    }
}

/// Judges a fragment by its offset (in 8 bytes) and by whether more follow. True for the first of
/// several, whose TCP header can be read.
#[inline(always)]
fn first_fragment(offset: u16, more: bool) -> Result<bool, Reason> {
    match (offset, more) {
        (0, more) => Ok(more),
        // RFC 1858, 4: it would overwrite the flags of the first fragment.
        (1, _) => Err(Reason::TinyFragment),
        _ => Err(Reason::Fragment),
    }
}
