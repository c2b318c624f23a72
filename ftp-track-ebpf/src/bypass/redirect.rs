//! From TC: count the hop, and let the kernel find the neighbour and send. Packets that the stack
//! merged stay merged, and a missing neighbour is asked for.

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_UNSPEC, bpf_redir_neigh},
    helpers::generated,
};
use ftp_track_common::{
    interface::Interface,
    reason::Reason,
    route::{FORWARDED, Route},
};

use super::{ETHERNET, ethernet_type, is_plain, is_v4, route};
use crate::{
    counter::count,
    fib::{AF_INET, AF_INET6},
    frame::Frame as _,
    packet::Packet,
    scratch,
    sight::{NETWORK, Sight},
    skb::SkbFrame,
};

/// Addressed to this machine (include/uapi/linux/if_packet.h).
const PACKET_HOST: u32 = 0;

/// Where a packet goes.
#[derive(Clone, Copy)]
pub struct Way {
    route: &'static Route,
    /// The hops left when it came, and the byte behind them.
    hops: [u8; 2],
}

/// Sends a packet of an admitted data connection on its way. Anything that is not plain passes.
///
/// Not inlined: its stack would lie below that of the parsers.
#[inline(never)]
pub fn forward(frame: SkbFrame) -> i32 {
    let Some(packet) = scratch::packet().filter(|packet| packet.door.bypasses) else {
        return TC_ACT_UNSPEC;
    };
    let Some(action) = send(frame, packet) else {
        count(Reason::NotPlain);
        return TC_ACT_UNSPEC;
    };
    if action == TC_ACT_REDIRECT {
        count(Reason::SentByPacket);
    }
    action
}

#[inline(always)]
fn send(frame: SkbFrame, packet: &Packet) -> Option<i32> {
    let skb = frame.context();
    // SAFETY: the program's context; the kernel turns these into reads of the packet's own fields.
    let (kind, tagged, merged, ingress) = unsafe {
        (
            (*skb).pkt_type,
            (*skb).vlan_present != 0,
            (*skb).gso_size,
            (*skb).ifindex,
        )
    };
    let network = packet.network;
    if kind != PACKET_HOST || !is_plain(packet) || (network != 0 && network != ETHERNET) {
        return None;
    }
    let hops_at = network + if is_v4(packet) { 8 } else { 7 };
    let [hops, protocol]: [u8; 2] = frame.read(hops_at as usize)?;
    if hops <= 1 {
        return None;
    }
    let length = if merged == 0 {
        packet.length
    } else {
        // What was merged is cut again to segments of the size that came in.
        packet.payload.wrapping_sub(network).wrapping_add(merged)
    };
    let route = route::find(frame, packet, ingress, packet.time)?;
    if !route.has(FORWARDED) || !route.fits(length) {
        return None;
    }
    // From here on the packet is no longer what came in: it goes out, or nowhere.
    let sent = untag(skb, tagged)
        .and_then(|()| head(skb, packet))
        .and_then(|()| count_hop(skb, is_v4(packet), [hops, protocol]));
    Some(match sent {
        Some(()) => redirect(route),
        None => TC_ACT_SHOT,
    })
}

/// Where a packet goes that is as plain as nearly all packets of a data connection are, on a way
/// that was found in this tick of the kernel's clock. None leaves it to [`forward`], untouched.
#[inline(always)]
pub fn way(frame: SkbFrame, sight: &Sight, interface: &Interface) -> Option<Way> {
    let skb = frame.context();
    // SAFETY: as in `send`.
    let (kind, tagged, merged) =
        unsafe { ((*skb).pkt_type, (*skb).vlan_present != 0, (*skb).gso_size) };
    let header = frame.piece().header::<{ NETWORK + 10 }>(0)?;
    let hops = if sight.is_v4() {
        [
            header.byte::<{ NETWORK + 8 }>(),
            header.byte::<{ NETWORK + 9 }>(),
        ]
    } else {
        [header.byte::<{ NETWORK + 7 }>(), 0]
    };
    if kind != PACKET_HOST || tagged || hops[0] <= 1 {
        return None;
    }
    let length = if merged == 0 {
        sight.length
    } else {
        sight.headers.wrapping_add(merged)
    };
    let route = route::in_this_tick(sight, interface.index)?;
    let sent = route.has(FORWARDED) && route.fits(length);
    sent.then_some(Way { route, hops })
}

/// Counts the hop and sends: the action of TC.
#[inline(always)]
pub fn go(frame: SkbFrame, sight: &Sight, way: &Way) -> i32 {
    if count_hop(frame.context(), sight.is_v4(), way.hops).is_none() {
        return TC_ACT_SHOT;
    }
    let action = redirect(way.route);
    if action == TC_ACT_REDIRECT {
        count(Reason::SentByPacket);
    }
    action
}

/// Takes the tag away that the driver or the stack has put beside the packet. The way out has its
/// own.
#[inline(always)]
fn untag(skb: *mut __sk_buff, tagged: bool) -> Option<()> {
    // SAFETY: the program's context.
    (!tagged || unsafe { generated::bpf_skb_vlan_pop(skb) } == 0).then_some(())
}

/// Gives a packet from a link without Ethernet the header that the redirection takes away again
/// (`__bpf_redirect_neigh`, net/core/filter.c).
#[inline(always)]
fn head(skb: *mut __sk_buff, packet: &Packet) -> Option<()> {
    if packet.network != 0 {
        return Some(());
    }
    // SAFETY: the program's context.
    if unsafe { generated::bpf_skb_change_head(skb, ETHERNET, 0) } != 0 {
        return None;
    }
    store(skb, 12, ethernet_type(packet).to_be_bytes())
}

#[inline(always)]
fn count_hop(skb: *mut __sk_buff, v4: bool, [hops, protocol]: [u8; 2]) -> Option<()> {
    let left = hops.wrapping_sub(1);
    if !v4 {
        return store(skb, ETHERNET + 7, [left]);
    }
    let before = u16::from_ne_bytes([hops, protocol]) as u64;
    let after = u16::from_ne_bytes([left, protocol]) as u64;
    // SAFETY: the program's context; both words lie behind each other in the IPv4 header.
    let replaced = unsafe { generated::bpf_l3_csum_replace(skb, ETHERNET + 10, before, after, 2) };
    if replaced != 0 {
        return None;
    }
    store(skb, ETHERNET + 8, [left])
}

#[inline(always)]
fn redirect(route: &Route) -> i32 {
    // SAFETY: a structure of integers and arrays of integers.
    let mut next: bpf_redir_neigh = unsafe { core::mem::zeroed() };
    if route.next_hop.is_v4() {
        next.nh_family = AF_INET.into();
        next.__bindgen_anon_1.ipv4_nh = route.next_hop.words()[3];
    } else {
        next.nh_family = AF_INET6.into();
        next.__bindgen_anon_1.ipv6_nh = *route.next_hop.words();
    }
    let size = size_of::<bpf_redir_neigh>() as i32;
    // SAFETY: `next` lives for the call, which copies it.
    unsafe { generated::bpf_redirect_neigh(route.egress, &raw mut next, size, 0) as i32 }
}

#[inline(always)]
fn store<const N: usize>(skb: *mut __sk_buff, offset: u32, bytes: [u8; N]) -> Option<()> {
    // SAFETY: `bytes` holds what is written.
    let failed = unsafe {
        generated::bpf_skb_store_bytes(
            skb,
            offset,
            bytes.as_ptr().cast(),
            size_of_val(&bytes) as u32,
            0,
        )
    };
    (failed == 0).then_some(())
}
