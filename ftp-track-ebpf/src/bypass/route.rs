//! The kernel's routing, asked once a second for each pair of addresses.

use aya_ebpf::{
    bindings::{BPF_FIB_LKUP_RET_NO_NEIGH, BPF_FIB_LKUP_RET_SUCCESS, bpf_fib_lookup},
    cty::c_void,
    helpers::generated,
};
use ftp_track_common::{
    address::Address,
    interface,
    route::{FORWARDED, NEIGHBOUR, ROUTE_LIFETIME, Route, TRANSMITS},
};

use crate::{clock, copy::copy, door, map::ROUTES, packet::Packet, sight::Sight};

/// Address families (include/linux/socket.h).
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const TCP: u8 = 6;
/// A length that fits every way. With one, the kernel tells the way's largest packet.
const SHORT: u16 = 40;

/// The route of a packet that came in by `ingress`. `context` is the program's.
#[inline(never)]
pub fn find(
    context: *mut c_void,
    packet: &Packet,
    ingress: u32,
    now: u64,
) -> Option<&'static mut Route> {
    let (source, destination) = (&packet.tuple.source, &packet.tuple.destination);
    let route = ROUTES.get_ptr_mut(Route::place(source, destination))?;
    // SAFETY: the kernel gives a valid pointer to this CPU's value, which nothing else uses until
    // the program ends.
    let route = unsafe { &mut *route };
    if !route.serves(source, destination, ingress, now) {
        // SAFETY: all four are references to addresses.
        unsafe {
            copy(source, &raw mut route.source);
            copy(destination, &raw mut route.destination);
        }
        route.ingress = ingress;
        route.expires = now.saturating_add(ROUTE_LIFETIME);
        ask(context, route);
    }
    route.tick = clock::tick();
    Some(route)
}

/// The same, if it was found in this tick of the kernel's clock.
#[inline(always)]
pub fn in_this_tick(sight: &Sight, ingress: u32) -> Option<&'static Route> {
    let (source, destination) = (&sight.tuple.source, &sight.tuple.destination);
    let route = ROUTES.get(Route::place(source, destination))?;
    let serves = route.tick == clock::tick() && route.is_for(source, destination, ingress);
    serves.then_some(route)
}

/// Fills in what the kernel's routing says of the route's addresses and ingress.
///
/// Ports are left out: all packets between two hosts take one way, whatever the hashing of
/// multipath routes says.
#[inline(always)]
fn ask(context: *mut c_void, route: &mut Route) {
    route.flags = 0;
    // SAFETY: a structure of integers and arrays of integers.
    let mut asked: bpf_fib_lookup = unsafe { core::mem::zeroed() };
    let v4 = route.source.is_v4();
    asked.l4_protocol = TCP;
    asked.ifindex = route.ingress;
    asked.__bindgen_anon_1.tot_len = SHORT;
    if v4 {
        asked.family = AF_INET;
        asked.__bindgen_anon_3.ipv4_src = route.source.words()[3];
        asked.__bindgen_anon_4.ipv4_dst = route.destination.words()[3];
    } else {
        asked.family = AF_INET6;
        asked.__bindgen_anon_3.ipv6_src = *route.source.words();
        asked.__bindgen_anon_4.ipv6_dst = *route.destination.words();
    }
    // SAFETY: `context` is the program's context, and `asked` lives for the call.
    let answer = unsafe {
        generated::bpf_fib_lookup(
            context,
            &raw mut asked,
            size_of::<bpf_fib_lookup>() as i32,
            0,
        )
    };
    if answer < 0 {
        return;
    }
    let flags = match answer as u32 {
        BPF_FIB_LKUP_RET_SUCCESS => FORWARDED | NEIGHBOUR,
        BPF_FIB_LKUP_RET_NO_NEIGH => FORWARDED,
        _ => return,
    };
    route.egress = asked.ifindex;
    // SAFETY: every member of these unions is made of integers.
    unsafe {
        // Without the neighbour, older kernels leave what was asked (`bpf_fib_set_fwd_params`,
        // net/core/filter.c).
        route.mtu = if flags & NEIGHBOUR != 0 {
            asked.__bindgen_anon_1.mtu_result
        } else {
            0
        };
        // An IPv4 route may have an IPv6 gateway (RFC 5549), and the family says so.
        route.next_hop = if asked.family == AF_INET {
            Address::from_v4(asked.__bindgen_anon_4.ipv4_dst.to_ne_bytes())
        } else {
            Address::from_words(asked.__bindgen_anon_4.ipv6_dst)
        };
    }
    route.to = asked.dmac;
    route.from = asked.smac;
    route.flags = flags;
    if let Some(interface) = door::of(route.egress) {
        route.port = interface.port;
        route.vlan = interface.vlan;
        if interface.has(interface::TRANSMITS) {
            route.flags |= TRANSMITS;
        }
    }
}
