//! From XDP, at a glance: what is as plain as nearly all packets of a data connection are, on a way that
//! was found in this tick of the kernel's clock. All else is for [`super::frame`].

use aya_ebpf::helpers::generated;
use ftp_track_common::{
    interface::{Interface, PARTIAL},
    reason::Reason,
    route::{FORWARDED, NEIGHBOUR, Route, TRANSMITS, checksum_after_hop},
};

use super::route;
use crate::{
    checksum,
    counter::count,
    frame::{Frame as _, XdpFrame},
    piece::Header,
    sight::{NETWORK, Sight},
};

/// What of a frame is rewritten: the link layer header and, of the IP header, the part that has the
/// hops and the checksum.
const REWRITTEN: usize = NETWORK + 12;

/// Where a frame goes.
#[derive(Clone, Copy)]
pub struct Way {
    route: &'static Route,
    header: Header<REWRITTEN>,
}

/// The way of a frame that can be sent as it is; None leaves it to others, untouched.
#[inline(always)]
pub fn way(frame: XdpFrame, sight: &Sight, interface: &Interface) -> Option<Way> {
    let piece = frame.piece();
    let header = piece.header::<REWRITTEN>(0)?;
    let [a, b, c, d, e, f] = interface.address;
    let addressed = header.word::<0>() == u32::from_ne_bytes([a, b, c, d])
        && header.half::<4>() == u16::from_ne_bytes([e, f]);
    let hops = if sight.is_v4() {
        header.byte::<{ NETWORK + 8 }>()
    } else {
        header.byte::<{ NETWORK + 7 }>()
    };
    if !addressed || hops <= 1 || NETWORK + sight.length as usize > piece.length() {
        return None;
    }
    if interface.has(PARTIAL)
        && checksum::is_like(
            &sight.ends.into(),
            sight.length - sight.header,
            sight.checksum,
        )
    {
        return None;
    }
    let route = route::in_this_tick(sight, interface.index)?;
    let sent =
        route.has(FORWARDED | NEIGHBOUR | TRANSMITS) && route.vlan == 0 && route.fits(sight.length);
    sent.then_some(Way { route, header })
}

/// Rewrites a frame and sends it: the action of XDP.
#[inline(always)]
pub fn forward(sight: &Sight, way: &Way) -> u32 {
    let Way { route, header } = *way;
    let [a, b, c, d, e, f] = route.to;
    header.set_word::<0>(u32::from_ne_bytes([a, b, c, d]));
    header.set_half::<4>(u16::from_ne_bytes([e, f]));
    let [a, b, c, d, e, f] = route.from;
    header.set_half::<6>(u16::from_ne_bytes([a, b]));
    header.set_word::<8>(u32::from_ne_bytes([c, d, e, f]));
    if sight.is_v4() {
        let checksum = u16::from_be(header.half::<{ NETWORK + 10 }>());
        let hops = header.byte::<{ NETWORK + 8 }>().wrapping_sub(1);
        header.set_byte::<{ NETWORK + 8 }>(hops);
        header.set_half::<{ NETWORK + 10 }>(checksum_after_hop(checksum).to_be());
    } else {
        let hops = header.byte::<{ NETWORK + 7 }>().wrapping_sub(1);
        header.set_byte::<{ NETWORK + 7 }>(hops);
    }
    count(Reason::SentByFrame);
    // SAFETY: the helper takes two numbers.
    unsafe { generated::bpf_redirect(route.port, 0) as u32 }
}
