//! Segments of control connections.

use aya_ebpf::{bindings::BPF_F_LOCK, helpers::generated};
use bytemuck::Zeroable as _;
use ftp_track_common::{
    config::Config,
    event::EventKind,
    handshake::Handshake,
    layout::SessionEntry,
    outcome::{Announcement, Outcome},
    reason::Reason,
    segment::{ACK, RST, SYN},
    session::Step,
    tuple::{Direction, SessionKey, Tuple},
};

use crate::{
    attempt, checksum,
    counter::{count, count_number},
    effect,
    frame::Frame,
    history::{self, CLOSED, OPENED, PICKED_UP},
    lock::Locked,
    map::{HANDSHAKES, NUMBERS, SESSIONS},
    opaque::opaque,
    packet::Packet,
    reading::{self, Reading},
    report::{Subject, report},
    scratch,
    verdict::{Verdict, drop_if},
};

/// What `Session::receive` wants done, as numbers that can be made opaque to the verifier.
const PASS: u64 = 0;
const HOLD: u64 = 1;
const PARSE: u64 = 2;

/// A SYN to a control port: the handshake begins.
#[inline(never)]
pub fn syn<F: Frame>(frame: F, packet: &Packet, now: u64) {
    if !checksum::is_right(frame, packet) {
        count(Reason::BadChecksum);
        return;
    }
    let key = SessionKey::of(&packet.tuple, Direction::FromClient);
    let handshake = Handshake {
        created: now,
        client_first: packet.segment.sequence,
        client_interface: packet.segment.interface,
        client_scale: packet.segment.scale,
        early_data: (packet.segment.length != 0) as u8,
        ..Handshake::zeroed()
    };
    let _: Result<(), i32> = HANDSHAKES.insert(&key, &handshake, 0);
}

/// Any other segment from or to a control port.
#[inline(never)]
pub fn segment<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    config: &Config,
    now: u64,
) -> Verdict {
    if !checksum::is_right(frame, packet) {
        count(Reason::BadChecksum);
        return Verdict::Pass;
    }
    if packet.segment.has(SYN) {
        syn_ack(packet, direction);
        return Verdict::Pass;
    }
    let Some(entry) = find(packet, direction, now) else {
        return Verdict::Pass;
    };
    let Some(outcome) = scratch::outcome() else {
        return Verdict::Pass;
    };
    *outcome = Outcome::nothing();
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let alive = session.ended == 0;
    let (action, reason, skip) = match session.receive(direction, &packet.segment, now, outcome) {
        Step::Pass(reason) => (PASS, reason, 0),
        Step::Hold(reason) => (HOLD, reason, 0),
        Step::Parse { skip } => (PARSE, Reason::None, skip),
    };
    drop(session);
    let action = opaque(action, now);
    count_number(opaque(reason as u64, now));
    let verdict = match action {
        PASS => Verdict::Pass,
        HOLD => drop_if(packet.door.enforces),
        _ => {
            if changed() {
                effect::apply(entry, config.expectation_lifetime, now);
            }
            let mut reading = Reading {
                frame,
                entry,
                lifetime: config.expectation_lifetime,
                now,
                offset: packet.payload + skip,
                remaining: packet.segment.length.saturating_sub(skip),
            };
            match direction {
                Direction::FromClient => reading::read::<F, true>(&mut reading),
                Direction::FromServer => reading::read::<F, false>(&mut reading),
            }
            let end = packet.segment.sequence.wrapping_add(packet.segment.length);
            let Some(outcome) = scratch::outcome() else {
                return Verdict::Pass;
            };
            // The last line's outcome has been acted on.
            *outcome = Outcome::nothing();
            // SAFETY: the entry is a live map value.
            let mut session = unsafe { Locked::new(entry) };
            if session.id == id {
                session.commit(direction, end, now, outcome);
            }
            drop(session);
            Verdict::Pass
        }
    };
    if changed() {
        effect::apply(entry, config.expectation_lifetime, now);
    }
    // SAFETY: single aligned values that are written once in the session's life.
    let (ended, reason) = unsafe { ((*entry).session.ended, (*entry).session.end_reason()) };
    if alive && ended != 0 {
        end(entry, &packet.tuple, reason, now);
    }
    verdict
}

/// Whether the last outcome asks for anything.
#[inline(always)]
fn changed() -> bool {
    scratch::outcome().is_some_and(|outcome| {
        outcome.ended.id != 0 || outcome.counted != 0 || outcome.withdrawn != 0
    })
}

/// A SYN-ACK: the server answers.
#[inline(never)]
fn syn_ack(packet: &Packet, direction: Direction) {
    if !packet.segment.has(ACK) || !matches!(direction, Direction::FromServer) {
        return;
    }
    let key = SessionKey::of(&packet.tuple, direction);
    let Some(handshake) = HANDSHAKES.get_ptr_mut(&key) else {
        return;
    };
    // SAFETY: the entry is a live map value. A handshake's packets come one after the other, each
    // caused by the one before, so that no two CPUs write it at once.
    unsafe {
        if (*handshake).is_answered_by(packet.segment.acknowledgment) {
            (*handshake).server_first = packet.segment.sequence;
            (*handshake).server_interface = packet.segment.interface;
            (*handshake).server_scale = packet.segment.scale;
            (*handshake).answered = 1;
        }
    }
}

/// The session of a segment; makes it when the segment completes a handshake, or is the first that
/// comes by of a connection that is older than the tracker.
#[inline(never)]
fn find(packet: &Packet, direction: Direction, now: u64) -> Option<*mut SessionEntry> {
    let key = &SessionKey::of(&packet.tuple, direction);
    let existing = SESSIONS.get_ptr_mut(key);
    let segment = &packet.segment;
    if let Some(entry) = existing {
        // SAFETY: the entry is a live map value; each is one aligned word.
        let (ended, next) = unsafe {
            let session = &raw const (*entry).session;
            ((*session).ended, (*session).sequences[0].next)
        };
        // What does not fit may belong to a new connection with the old one's ports.
        let fits = matches!(direction, Direction::FromServer) || segment.sequence == next;
        if ended == 0 && (fits || !completes(packet, key)) {
            return existing;
        }
    }
    let begins = matches!(direction, Direction::FromClient) && completes(packet, key);
    let goes_on = existing.is_none() && segment.length != 0 && segment.has(ACK);
    if segment.has(RST) || !(begins || goes_on) {
        return existing;
    }
    if let Some(old) = existing {
        supersede(old, packet, now)?;
    }
    let entry = scratch::entry()?;
    entry.clear();
    let id = next_number();
    if begins {
        // SAFETY: the value is a live map value, and of a handshake nothing is written any more.
        let handshake = unsafe { HANDSHAKES.get(key) }?;
        entry.session.open(key, id, handshake, now);
        let _: Result<(), i32> = HANDSHAKES.remove(key);
    } else {
        entry.session.pick_up(key, id, direction, segment, now);
        count(Reason::NoHandshake);
    }
    // In place and under the lock when there is an older entry: a CPU that still holds a pointer to
    // it must find either session, never a mixture.
    let flags = if existing.is_some() {
        BPF_F_LOCK as u64
    } else {
        0
    };
    if SESSIONS.insert(key, entry.as_entry(), flags).is_err() {
        count(Reason::SessionsFull);
        return None;
    }
    let entry = SESSIONS.get_ptr_mut(key)?;
    tell(EventKind::SessionNew, entry, &packet.tuple, 0, now);
    let subject = if begins { OPENED } else { PICKED_UP };
    mark(subject, 0, entry, now);
    attempt::expect(&packet.tuple);
    Some(entry)
}

/// Whether a segment of the client's completes the handshake that was seen.
#[inline(always)]
fn completes(packet: &Packet, key: &SessionKey) -> bool {
    // SAFETY: the value is a live map value; only the SYN and the SYN-ACK before this segment have
    // written it.
    unsafe { HANDSHAKES.get(key) }.is_some_and(|handshake| {
        handshake.is_completed_by(packet.segment.sequence, packet.segment.acknowledgment)
    })
}

/// Ends a session of whose end nothing came by, because a new connection has its ports.
#[inline(never)]
fn supersede(entry: *mut SessionEntry, packet: &Packet, now: u64) -> Option<()> {
    let outcome = scratch::outcome()?;
    *outcome = Outcome::nothing();
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let alive = session.ended == 0;
    if alive {
        session.end(Reason::ControlClosed, now, outcome);
    }
    drop(session);
    if alive {
        effect::apply(entry, 0, now);
        end(entry, &packet.tuple, Reason::ControlClosed as u8, now);
    }
    Some(())
}

/// A number that no other session of this tracker has: counted on each CPU, with the CPU in the low
/// bits.
#[inline(always)]
fn next_number() -> u64 {
    // SAFETY: the helper takes nothing and cannot fail.
    let cpu = unsafe { generated::bpf_get_smp_processor_id() } as u64;
    let Some(number) = NUMBERS.get_ptr_mut(0) else {
        return 0;
    };
    // SAFETY: the kernel gives a valid pointer to this CPU's value; only this CPU writes it.
    let number = unsafe {
        *number += 1;
        *number
    };
    number << 12 | (cpu & 0xfff)
}

/// Tells of a session's end.
#[inline(never)]
fn end(entry: *const SessionEntry, tuple: &Tuple, reason: u8, now: u64) {
    mark(CLOSED, reason, entry, now);
    tell(EventKind::SessionEnd, entry, tuple, reason, now);
}

/// Notes something in the session's history.
#[inline(always)]
fn mark(subject: u8, reason: u8, entry: *const SessionEntry, now: u64) {
    // SAFETY: the entry is live; key and number do not change while the session is in its map.
    let (key, session) = unsafe { (&raw const (*entry).session.key, (*entry).session.id) };
    history::mark(subject, reason, key, session, now);
}

#[inline(never)]
fn tell(kind: EventKind, entry: *const SessionEntry, tuple: &Tuple, reason: u8, now: u64) {
    // SAFETY: the entry is live; key and number do not change while the session is in its map.
    let (key, session) = unsafe { (&(*entry).session.key, (*entry).session.id) };
    report(
        kind,
        &Subject {
            session,
            master: Some(key),
            tuple,
            announcement: Announcement {
                reason,
                ..Announcement::default()
            },
            now,
        },
    );
}
