//! The kernel's routing, asked once a second for each pair of addresses.

use ftp_track_common::{
    interface,
    route::{FORWARDED, NEIGHBOUR, ROUTE_LIFETIME, Route, TRANSMITS},
};

use crate::{clock, door, fib::Question, frame::Frame, map::ROUTES, packet::Packet, sight::Sight};

/// A length that fits every way. With one, the kernel tells the way's largest packet.
const SHORT: u16 = 40;

/// The route of a packet, which is `frame`, that came in by `ingress`.
#[inline(never)]
pub fn find<F: Frame>(
    frame: F,
    packet: &Packet,
    ingress: u32,
    now: u64,
) -> Option<&'static mut Route> {
    let (source, destination) = (
        &packet.tuple.source.halves(),
        &packet.tuple.destination.halves(),
    );
    let route = ROUTES.get_ptr_mut(Route::place(source, destination))?;
    // SAFETY: the kernel gives a valid pointer to this CPU's value, which nothing else uses until
    // the program ends.
    let route = unsafe { &mut *route };
    if !route.serves(source, destination, ingress, now) {
        route.source = *source;
        route.destination = *destination;
        route.ingress = ingress;
        route.expires = now.saturating_add(ROUTE_LIFETIME);
        ask(frame, packet, route);
    }
    route.tick = clock::tick();
    Some(route)
}

/// The same, if it was found in this tick of the kernel's clock.
#[inline(always)]
pub fn in_this_tick(sight: &Sight, ingress: u32) -> Option<&'static Route> {
    let (source, destination) = (&sight.ends.source(), &sight.ends.destination());
    let route = ROUTES.get(Route::place(source, destination))?;
    let serves = route.tick == clock::tick() && route.is_for(source, destination, ingress);
    serves.then_some(route)
}

/// Fills in what the kernel's routing says of the route's addresses and ingress.
#[inline(always)]
fn ask<F: Frame>(frame: F, packet: &Packet, route: &mut Route) {
    route.flags = 0;
    let (source, destination) = (&packet.tuple.source, &packet.tuple.destination);
    let question = Question::new(source, destination, route.ingress);
    let mut question = question.with_length(SHORT);
    let answer = question.ask(frame);
    if !answer.is_way() {
        return;
    }
    let known = answer.has_neighbour();
    route.egress = question.interface();
    route.mtu = if known { question.mtu() } else { 0 };
    route.next_hop = question.next();
    (route.from, route.to) = question.links();
    route.flags = if known {
        FORWARDED | NEIGHBOUR
    } else {
        FORWARDED
    };
    if let Some(interface) = door::of(route.egress) {
        route.port = interface.port;
        route.vlan = interface.vlan;
        if interface.has(interface::TRANSMITS) {
            route.flags |= TRANSMITS;
        }
    }
}
