//! From XDP: rewrite the link layer, count the hop, hand the frame to the way out.

use core::hint::black_box;

use aya_ebpf::{bindings::xdp_action, helpers::generated};
use ftp_track_common::{
    reason::Reason,
    route::{FORWARDED, NEIGHBOUR, Route, TRANSMITS, checksum_after_hop},
};

use super::{ETHERNET, TAGGED, ethernet_type, is_plain, is_v4, route};
use crate::{
    checksum,
    counter::count,
    door,
    ethernet::VLAN,
    frame::{Frame as _, XdpFrame},
    packet::Packet,
    scratch,
};

/// The deepest IP header that is forwarded: behind an Ethernet header with two tags.
const DEEPEST: u32 = 22;

/// Sends a packet of an admitted data connection on its way. Anything that is not plain passes.
///
/// Not inlined: its stack would lie below that of the parsers.
#[inline(never)]
pub fn forward(frame: XdpFrame) -> u32 {
    let sent = scratch::packet()
        .filter(|packet| packet.door.bypasses)
        .and_then(|packet| send(frame, packet));
    let Some(action) = sent else {
        return xdp_action::XDP_PASS;
    };
    if action == xdp_action::XDP_REDIRECT {
        count(Reason::SentByFrame);
    }
    action
}

#[inline(always)]
fn send(frame: XdpFrame, packet: &Packet) -> Option<u32> {
    if !is_plain(packet) || packet.network > DEEPEST || !is_whole(frame, packet) {
        return None;
    }
    // Frames for others come by too, in promiscuous mode and on bridges.
    if frame.read::<[u8; 6]>(0)? != door::of(frame.interface())?.address {
        return None;
    }
    // Sent as a frame it would keep the unfinished checksum.
    if checksum::is_partial(frame, packet) {
        return None;
    }
    // Two bytes: the verifier does not follow a comparison for one (`at < end`).
    let network = (black_box(packet.network) & 0x1f) as usize;
    let [hops, _]: [u8; 2] = frame.read(network + hops_at(packet))?;
    if hops <= 1 {
        return None;
    }
    let route = route::find(frame, packet, frame.interface(), packet.time)?;
    if !route.has(FORWARDED | NEIGHBOUR | TRANSMITS) || !route.fits(packet.length) {
        return None;
    }
    let header = if route.vlan == 0 { ETHERNET } else { TAGGED };
    let growth = packet.network as i32 - header as i32;
    // SAFETY: the context is the program's; all pointers into the frame are made anew.
    if growth != 0 && unsafe { generated::bpf_xdp_adjust_head(frame.context(), growth) } != 0 {
        return None;
    }
    // From here on the frame is no longer what came in: it goes out, or nowhere.
    Some(rewrite(frame, packet, route).unwrap_or(xdp_action::XDP_ABORTED))
}

/// Whether all of the packet is in the part that can be sent on every way out.
#[inline(always)]
fn is_whole(frame: XdpFrame, packet: &Packet) -> bool {
    packet.network as usize + packet.length as usize <= frame.length()
}

/// Where the time to live, or hop limit, is in the IP header.
#[inline(always)]
fn hops_at(packet: &Packet) -> usize {
    if is_v4(packet) { 8 } else { 7 }
}

/// Writes the new headers. The IP header now lies directly behind the new link layer header.
#[inline(always)]
fn rewrite(frame: XdpFrame, packet: &Packet, route: &Route) -> Option<u32> {
    let kind = ethernet_type(packet).to_be_bytes();
    let network = if route.vlan == 0 {
        ETHERNET as usize
    } else {
        frame.write(ETHERNET as usize, [route.vlan.to_be_bytes(), kind])?;
        TAGGED as usize
    };
    frame.write(0, route.to)?;
    frame.write(6, route.from)?;
    frame.write(
        12,
        if route.vlan == 0 {
            kind
        } else {
            VLAN.to_be_bytes()
        },
    )?;
    if is_v4(packet) {
        let [hops, protocol, high, low]: [u8; 4] = frame.read(network + 8)?;
        let checksum = checksum_after_hop(u16::from_be_bytes([high, low])).to_be_bytes();
        frame.write(
            network + 8,
            [hops.wrapping_sub(1), protocol, checksum[0], checksum[1]],
        )?;
    } else {
        let [hops, source]: [u8; 2] = frame.read(network + 7)?;
        frame.write(network + 7, [hops.wrapping_sub(1), source])?;
    }
    // SAFETY: the helper takes two numbers.
    Some(unsafe { generated::bpf_redirect(route.port, 0) } as u32)
}
