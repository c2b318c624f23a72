//! Segments of data connections, and new connections of every kind.

use ftp_track_common::{
    config::Config,
    event::EventKind,
    flow::{Change, Flow, Side, TOUCH},
    outcome::Announcement,
    reason::Reason,
    tuple::{FlowKey, Tuple},
};

use crate::{
    admission, clock,
    counter::{add, count},
    hint,
    map::{FLOWS, SESSIONS},
    opaque::opaque,
    packet::Packet,
    report::{Subject, report},
    rule,
};

/// A SYN that does not go to a control port: true when it belongs to an admitted data connection.
#[inline(never)]
pub fn syn(packet: &Packet, config: &Config, now: u64) -> bool {
    let (key, source_is_low) = FlowKey::of(&packet.tuple);
    if hint::is_set(key.hint())
        && let Some(flow) = FLOWS.get_ptr_mut(&key)
    {
        // SAFETY: the flow is a live map value, and shared as its type says.
        let flow = unsafe { &mut *flow };
        let side = flow.side(source_is_low);
        if !flow.is_expired(now) && flow.owns_syn(side, &packet.segment) {
            account(flow, side, packet.length);
            flow.seen = now;
            count(Reason::Related);
            return true;
        }
    }
    admission::admit(packet, &key, source_is_low, config, now)
}

/// What a segment is to the admitted data connections; numbers, because they go through registers.
/// It belongs to none, or to one that is over.
pub const FOREIGN: u64 = 0;
/// It belongs to one.
pub const RELATED: u64 = 1;
/// It belongs to one that was revoked.
pub const REVOKED: u64 = 2;

/// What a segment is to the admitted data connections. If it is anything, the packet is told the
/// time.
#[inline(never)]
pub fn standing(packet: &mut Packet) -> u64 {
    if !hint::is_set(packet.tuple.hint()) {
        return FOREIGN;
    }
    let (key, _) = FlowKey::of(&packet.tuple);
    let Some(flow) = FLOWS.get_ptr_mut(&key) else {
        return FOREIGN;
    };
    packet.time = clock::now();
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &*flow };
    if flow.is_expired(packet.time) {
        FOREIGN
    } else if flow.is_revoked() {
        REVOKED
    } else {
        RELATED
    }
}

/// Any other segment: what it is to the admitted data connections. If it is anything, the packet is
/// told the time.
#[inline(never)]
pub fn segment(packet: &mut Packet) -> u64 {
    if !hint::is_set(packet.tuple.hint()) {
        return FOREIGN;
    }
    let (key, source_is_low) = FlowKey::of(&packet.tuple);
    let Some(flow) = FLOWS.get_ptr_mut(&key) else {
        return FOREIGN;
    };
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &mut *flow };
    let now = clock::now();
    packet.time = now;
    let packet = &*packet;
    if flow.is_revoked() {
        flow.seen = now;
        count(Reason::Revoked);
        return REVOKED;
    }
    let is_related = opaque(!flow.is_expired(now) as u64, now);
    let side = flow.side(source_is_low);
    let silent = now.saturating_sub(flow.seen);
    account(flow, side, packet.length);
    count(Reason::Related);
    let change = flow.receive(side, &packet.segment, now);
    if silent > TOUCH || matches!(change, Change::Finished | Change::Reset) {
        touch(flow, now);
    }
    let reason = match change {
        Change::Nothing | Change::Established | Change::Over => {
            if is_related == 1 {
                flow.tick = clock::tick() as u32;
            }
            return is_related;
        }
        Change::Finished => Reason::Finished,
        Change::Reset => Reason::Reset,
        Change::Refused => {
            admission::give_back(flow, now);
            Reason::FirstAttemptReset
        }
    };
    count(reason);
    let tuple = match side {
        Side::Initiator => packet.tuple,
        Side::Responder => packet.tuple.reversed(),
    };
    tell(EventKind::FlowEnd, &tuple, flow, reason, now);
    is_related
}

/// Counts a packet of `length` bytes of IP.
#[inline(always)]
pub fn account(flow: &mut Flow, side: Side, length: u32) {
    let [initiator_packets, responder_packets] = &mut flow.packets;
    let [initiator_bytes, responder_bytes] = &mut flow.bytes;
    match side {
        Side::Initiator => {
            add(initiator_packets, 1);
            add(initiator_bytes, length as u64);
        }
        Side::Responder => {
            add(responder_packets, 1);
            add(responder_bytes, length as u64);
        }
    }
}

/// Keeps the control connection alive while its data flows.
#[inline(always)]
fn touch(flow: &Flow, now: u64) {
    if let Some(entry) = SESSIONS.get_ptr_mut(&flow.master) {
        // SAFETY: the entry is a live map value; both fields are single aligned words, and `seen`
        // only grows stale by losing a race with another "just now".
        unsafe {
            if (*entry).session.id == flow.session {
                (*entry).session.seen = now;
            }
        }
    }
}

/// Reports an event of a flow.
#[inline(never)]
pub fn tell(kind: EventKind, tuple: &Tuple, flow: &Flow, reason: Reason, now: u64) {
    rule::name(flow.binding);
    report(
        kind,
        &Subject {
            session: flow.session,
            master: Some(&flow.master),
            tuple,
            announcement: Announcement {
                id: flow.expectation,
                port: 0,
                kind: flow.kind,
                reason: reason as u8,
            },
            now,
        },
    );
}

/// Reports a new connection that is dropped.
#[inline(never)]
pub fn report_drop(packet: &Packet, reason: Reason, now: u64) {
    report(
        EventKind::Dropped,
        &Subject {
            session: 0,
            master: None,
            tuple: &packet.tuple,
            announcement: Announcement {
                reason: reason as u8,
                ..Announcement::default()
            },
            now,
        },
    );
}
