//! Ethernet and what stands between it and IP: VLAN tags (IEEE 802.1Q, 802.1ad) and PPPoE sessions
//! (RFC 2516).

use ftp_track_common::{interface, reason::Reason};

use crate::frame::Frame;

/// The Ethernet type of IPv4 (IANA, ieee-802-numbers).
pub const IPV4: u16 = 0x0800;
/// That of IPv6.
pub const IPV6: u16 = 0x86dd;
/// That of a VLAN tag.
pub const VLAN: u16 = 0x8100;
const QINQ: u16 = 0x88a8;
/// QinQ before it had a number of its own.
const OLD_QINQ: u16 = 0x9100;
const PPPOE: u16 = 0x8864;
/// PPP protocol numbers (RFC 1332, RFC 5072).
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;

/// Most VLAN tags in one frame.
const TAGS: usize = 3;

/// The IP version of a frame and where its header begins.
#[derive(Clone, Copy)]
pub enum Network {
    /// IPv4 at this offset.
    V4(usize),
    /// IPv6 at this offset.
    V6(usize),
}

/// Finds the IP header. A frame of `layer3` begins with it. The `interface` is told if there is
/// another link on top of it.
#[inline(always)]
pub fn network<F: Frame>(frame: F, layer3: bool, interface: &mut u32) -> Result<Network, Reason> {
    if F::MAY_BE_LAYER3 && layer3 {
        return match frame.read::<u8>(0).ok_or(Reason::Truncated)? >> 4 {
            4 => Ok(Network::V4(0)),
            6 => Ok(Network::V6(0)),
            _ => Err(Reason::NotIp),
        };
    }
    let mut offset = 14;
    let mut kind = read_be16(frame, 12)?;
    let mut tags = 0;
    while kind == VLAN || kind == QINQ || kind == OLD_QINQ {
        if tags == TAGS {
            return Err(Reason::TooManyHeaders);
        }
        kind = read_be16(frame, offset + 2)?;
        offset += 4;
        tags += 1;
    }
    match kind {
        IPV4 => Ok(Network::V4(offset)),
        IPV6 => Ok(Network::V6(offset)),
        PPPOE => {
            *interface |= interface::PPPOE;
            match read_be16(frame, offset + 6)? {
                PPP_IPV4 => Ok(Network::V4(offset + 8)),
                PPP_IPV6 => Ok(Network::V6(offset + 8)),
                _ => Err(Reason::NotIp),
            }
        }
        _ => Err(Reason::NotIp),
    }
}

#[inline(always)]
fn read_be16(frame: impl Frame, offset: usize) -> Result<u16, Reason> {
    match frame.read::<[u8; 2]>(offset) {
        Some(bytes) => Ok(u16::from_be_bytes(bytes)),
        None => Err(Reason::Truncated),
    }
}
