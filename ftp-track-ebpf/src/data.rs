//! Segments of data connections, and new connections of every kind.

use ftp_track_common::{
    config::Config,
    event::EventKind,
    flow::{Change, Flow, Side},
    outcome::Announcement,
    reason::Reason,
    segment::{FIN, RST},
    tuple::{FlowKey, Tuple},
};

use crate::{
    admission, checksum, clock,
    counter::{add, count},
    frame::Frame,
    map::SESSIONS,
    opaque::opaque,
    packet::Packet,
    report::{Subject, report},
    rule, seat,
};

/// A SYN: true when it belongs to an admitted data connection.
#[inline(never)]
pub fn syn<F: Frame>(frame: F, packet: &Packet, config: &Config, now: u64) -> bool {
    let (key, source_is_low) = FlowKey::of(&packet.tuple);
    if let Some(flow) = seat::find(&key) {
        let side = flow.side(source_is_low);
        if !flow.is_expired(now) && flow.owns_syn(side, &packet.segment) {
            tally(flow, side, 1, packet.length as u64);
            flow.seen = now;
            count(Reason::Related);
            return true;
        }
    }
    admission::admit(frame, packet, &key, source_is_low, config, now)
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
    let (key, _) = FlowKey::of(&packet.tuple);
    let Some(flow) = seat::find(&key) else {
        return FOREIGN;
    };
    packet.time = clock::now();
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
pub fn segment<F: Frame>(frame: F, packet: &mut Packet) -> u64 {
    let (key, source_is_low) = FlowKey::of(&packet.tuple);
    let Some(flow) = seat::find(&key) else {
        return FOREIGN;
    };
    let now = clock::now();
    packet.time = now;
    let packet = &*packet;
    if flow.is_revoked() {
        flow.seen = now;
        seat::stand(&key);
        count(Reason::Revoked);
        return REVOKED;
    }
    let is_related = opaque(!flow.is_expired(now) as u64, now);
    let side = flow.side(source_is_low);
    tally(flow, side, 1, packet.length as u64);
    count(Reason::Related);
    if packet.segment.flags & (FIN | RST) != 0 && !is_right(frame, packet) {
        count(Reason::BadChecksum);
        return is_related;
    }
    let change = flow.receive(side, &packet.segment, now);
    if is_related == 1 && (flow.tells(now) || !matches!(change, Change::Nothing)) {
        let session_idle = touch(flow, now);
        if flow.is_steady() {
            seat::sit(&key, flow, session_idle, now);
        } else {
            seat::stand(&key);
        }
    }
    let reason = match change {
        Change::Nothing | Change::Established | Change::Over => return is_related,
        Change::Finished => Reason::Finished,
        Change::Reset => Reason::Reset,
        Change::Revived => Reason::FalseEnd,
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
    let kind = match reason {
        Reason::FalseEnd => EventKind::FlowNew,
        _ => EventKind::FlowEnd,
    };
    tell(kind, &tuple, flow, reason, now);
    is_related
}

/// Whether the checksum is right. A function of its own, so that its stack is not below that of telling.
#[inline(never)]
fn is_right<F: Frame>(frame: F, packet: &Packet) -> bool {
    checksum::is_right(frame, packet)
}

/// Counts packets that a side sent, and their bytes of IP.
#[inline(always)]
pub fn tally(flow: &mut Flow, side: Side, packets: u64, bytes: u64) {
    let [initiator_packets, responder_packets] = &mut flow.packets;
    let [initiator_bytes, responder_bytes] = &mut flow.bytes;
    match side {
        Side::Initiator => {
            add(initiator_packets, packets);
            add(initiator_bytes, bytes);
        }
        Side::Responder => {
            add(responder_packets, packets);
            add(responder_bytes, bytes);
        }
    }
}

/// Keeps the control connection alive while its data flows; gives how long it may be silent.
#[inline(always)]
fn touch(flow: &Flow, now: u64) -> u64 {
    let Some(entry) = SESSIONS.get_ptr_mut(&flow.master) else {
        return u64::MAX;
    };
    // SAFETY: the entry is a live map value; all fields are single aligned words, and `seen` only
    // grows stale by losing a race with another "just now".
    unsafe {
        let session = &mut (*entry).session;
        if session.id != flow.session {
            return u64::MAX;
        }
        session.seen = now;
        session.idle
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
