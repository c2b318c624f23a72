//! Seats of admitted data connections; see [`ftp_track_common::seat`].

use ftp_track_common::{
    ends::Ends,
    flow::Flow,
    layout,
    seat::{Seat, Tally, patience},
    tuple::FlowKey,
};

use crate::{
    clock,
    counter::{add, fetch_add, next},
    data,
    map::{FLOWS, SEATS},
};

/// Taken off by adding.
const LESS: u64 = 1u64.wrapping_neg();

/// How many there are: [`layout::SEAT_COUNT`]. The loader sets it.
#[unsafe(no_mangle)]
static SEAT_COUNT: u32 = layout::MAX_FLOWS as u32;

#[inline(always)]
fn count() -> u32 {
    // SAFETY: a number that never changes once the programs are loaded; volatile, or the compiler
    // would take the one above for it.
    unsafe { (&raw const SEAT_COUNT).read_volatile() }
}

/// The seat that the flow of a packet, or the one with this key, leads to.
#[inline(always)]
pub fn of(ends: &Ends) -> Option<&'static mut Seat> {
    let seat = SEATS.get_ptr_mut(ends.place(count()));
    // SAFETY: the kernel gives a valid pointer, and the seat is shared as its type says.
    seat.map(|seat| unsafe { &mut *seat })
}

/// A flow is about to enter its map. Before it, so that no packet finds that none leads to its seat.
#[inline(always)]
pub fn enter(key: &FlowKey) {
    let key = &Ends::from(*key);
    let Some(seat) = of(key) else { return };
    let is_alone = next(&mut seat.flows) == 1;
    // Nobody else is left who may sit here; nor may one that had the same addresses and ports.
    if is_alone || seat.is_of(key) {
        clear(seat);
    }
    if is_alone {
        seat.taken = 0;
    }
}

/// A flow has left its map, or did not get in.
#[inline(always)]
pub fn leave(key: &FlowKey) {
    let key = &Ends::from(*key);
    let Some(seat) = of(key) else { return };
    fence(seat);
    if seat.is_of(key) {
        clear(seat);
        add(&mut seat.taken, LESS);
    }
    add(&mut seat.flows, LESS);
}

/// The flow with this key, told what its seat has seen. Where no flow leads to the seat, nothing is looked up.
#[inline(always)]
pub fn find(key: &FlowKey) -> Option<&'static mut Flow> {
    let ends = Ends::from(*key);
    let seat = of(&ends)?;
    if seat.flows == 0 {
        return None;
    }
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &mut *FLOWS.get_ptr_mut(key)? };
    if seat.is_of(&ends) {
        flow.note_seen(seat.seen);
    }
    Some(flow)
}

/// Has the flow with this key sit down, if the seat is free, and go on without a closer look for as long as
/// it and its control connection may be silent.
#[inline(always)]
pub fn sit(key: &FlowKey, flow: &Flow, session_idle: u64, now: u64) {
    let ends = Ends::from(*key);
    let Some(seat) = of(&ends) else { return };
    if !seat.is_of(&ends) {
        if next(&mut seat.taken) != 1 {
            add(&mut seat.taken, LESS);
            return;
        }
        seat.ends = ends;
    }
    seat.seen = now;
    seat.until = now.saturating_add(patience(flow.idle, session_idle));
    seat.tick = clock::tick();
    // Whoever ends or removes a flow makes it stand up after that. It may have been just now.
    fence(seat);
    // SAFETY: as in `find`.
    let steady = unsafe { FLOWS.get(key) }.is_some_and(Flow::is_steady);
    if !steady {
        close(seat);
    }
}

/// The next segment of the flow with this key needs a closer look.
#[inline(always)]
pub fn stand(key: &FlowKey) {
    let key = &Ends::from(*key);
    let Some(seat) = of(key) else { return };
    fence(seat);
    if seat.is_of(key) {
        close(seat);
    }
}

/// What this CPU has written is seen by the others before it reads on: an addition that gives the old value is
/// a barrier on every processor (`BPF_FETCH`, as the kernel's `atomic64_fetch_add`).
#[inline(always)]
fn fence(seat: &mut Seat) {
    fetch_add(&mut seat.flows, 0);
}

#[inline(always)]
fn close(seat: &mut Seat) {
    seat.until = 0;
    seat.tick = 0;
}

#[inline(always)]
fn clear(seat: &mut Seat) {
    close(seat);
    seat.seen = 0;
    seat.tallies = [Tally::default(); 2];
}

/// Counts a packet of `length` bytes of IP of the flow that sits here.
#[inline(always)]
pub fn account(seat: &mut Seat, is_from_low: bool, length: u32) {
    let packet = Tally::packet(length);
    let [low, high] = &mut seat.tallies;
    let tally = if is_from_low { low } else { high };
    let before = Tally(fetch_add(&mut tally.0, packet.0));
    if before.is_filled_by(packet) {
        let all = Tally(before.0.wrapping_add(packet.0));
        empty(&seat.ends, all, is_from_low);
        add(&mut tally.0, all.0.wrapping_neg());
    }
}

/// Has the map count what a seat has no more room for.
#[inline(never)]
fn empty(ends: &Ends, all: Tally, is_from_low: bool) {
    let key: FlowKey = (*ends).into();
    if let Some(flow) = FLOWS.get_ptr_mut(&key) {
        // SAFETY: the flow is a live map value, and shared as its type says.
        let flow = unsafe { &mut *flow };
        data::tally(flow, flow.side(is_from_low), all.packets(), all.bytes());
    }
}
