//! The TCP header (RFC 9293, 3.1) and the window scale option (RFC 7323, 2.2).

use ftp_track_common::{
    reason::Reason,
    segment::{SYN, Segment},
};

use crate::{
    frame::Frame,
    opaque::opaque,
    packet::{Packet, Transport, cut_off},
};

const END_OF_OPTIONS: u8 = 0;
const NO_OPERATION: u8 = 1;
const WINDOW_SCALE: u8 = 3;
/// Most options before the window scale.
const OPTIONS: usize = 12;

/// Reads the TCP header that IP says is there.
#[inline(always)]
pub(crate) fn read(
    frame: impl Frame,
    transport: Transport,
    packet: &mut Packet,
) -> Result<(), Reason> {
    if transport.length < 20 {
        return Err(cut_off(transport.first_fragment));
    }
    let header: [u8; 20] = frame.read(transport.offset).ok_or(Reason::Truncated)?;
    let size = ((header[12] >> 4) as usize) * 4;
    if size < 20 {
        return Err(Reason::BadHeader);
    }
    if size > transport.length {
        return Err(cut_off(transport.first_fragment));
    }
    packet.tuple.source_port = u16::from_be_bytes([header[0], header[1]]);
    packet.tuple.destination_port = u16::from_be_bytes([header[2], header[3]]);
    packet.tuple.zone = packet.door.zone;
    let flags = header[13];
    let scale = if flags & SYN != 0 {
        let (start, end) = (transport.offset + 20, transport.offset + size);
        window_scale(frame.noise(), start, end, |at| frame.read(at))
    } else {
        0
    };
    packet.segment = Segment {
        sequence: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        acknowledgment: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        length: (transport.length - size) as u32,
        interface: packet.door.interface,
        window: u16::from_be_bytes([header[14], header[15]]),
        flags,
        scale,
    };
    packet.transport = transport.offset as u32;
    packet.transport_length = transport.length as u32;
    packet.payload = (transport.offset + size) as u32;
    packet.length = transport.total as u32;
    packet.checksum = u16::from_ne_bytes([header[16], header[17]]);
    packet.first_fragment = transport.first_fragment;
    Ok(())
}

/// The window scale plus one, or 0 without the option. `read` gives three bytes of the frame; of
/// `noise` see [`opaque`].
#[inline(always)]
pub(crate) fn window_scale(
    noise: u64,
    start: usize,
    end: usize,
    read: impl Fn(usize) -> Option<[u8; 3]>,
) -> u8 {
    let mut offset = start;
    let mut seen = 0;
    while seen < OPTIONS {
        offset = opaque(offset as u64, noise) as usize & 0xfff;
        if offset + 2 >= end {
            return 0;
        }
        let Some([kind, length, value]) = read(offset) else {
            return 0;
        };
        offset += match kind {
            END_OF_OPTIONS => return 0,
            WINDOW_SCALE if length == 3 => return (value & 15) + 1,
            NO_OPERATION => 1,
            _ if !(2..=40).contains(&length) => return 0,
            _ => length as usize,
        };
        seen += 1;
    }
    0
}
