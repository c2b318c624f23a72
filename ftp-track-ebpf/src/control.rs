//! Segments of control connections.

use bytemuck::Zeroable as _;
use ftp_track_common::{
    config::Config,
    event::EventKind,
    handshake::Handshake,
    layout::SessionEntry,
    outcome::{Announcement, Outcome},
    reason::Reason,
    rule::Rule,
    segment::{ACK, FIN, RST, SYN},
    session::Step,
    tuple::{Direction, SessionKey, Tuple},
};

use crate::{
    checksum,
    copy::copy,
    counter::{count, count_number},
    effect,
    frame::Frame,
    history::{self, CLOSED},
    janitor, kept,
    lock::Locked,
    map::{HANDSHAKES, SETTINGS},
    opaque::opaque,
    opening,
    packet::Packet,
    path,
    reading::{self, Reading},
    report::{Subject, report},
    rule, scratch,
    verdict::{Verdict, drop_if},
};

/// What `Session::receive` wants done, as numbers that can be made opaque to the verifier.
const PASS: u64 = 0;
const HOLD: u64 = 1;
const PARSE: u64 = 2;

/// A SYN to a control port: the handshake begins. Gives the number of the [`Reason`] why it passes
/// or not; 0 when the port is none of control between these two.
#[inline(never)]
pub fn syn<F: Frame>(frame: F, packet: &Packet, config: &Config, now: u64) -> u64 {
    opaque(begin(frame, packet, config, now), now)
}

#[inline(always)]
fn begin<F: Frame>(frame: F, packet: &Packet, config: &Config, now: u64) -> u64 {
    let key = SessionKey::of(&packet.tuple, Direction::FromClient);
    let Some(rule) = rule::find(&key, config).and_then(rule::get) else {
        return 0;
    };
    if rule.refuses() {
        return Reason::RefusedByPolicy as u64;
    }
    if !rule.tracks() {
        return Reason::IgnoredByPolicy as u64;
    }
    if !checksum::is_right(frame, packet) {
        count(Reason::BadChecksum);
        return Reason::ControlPort as u64;
    }
    if path::is_filtered(frame, packet) {
        count(Reason::ReversePath);
        return Reason::ControlPort as u64;
    }
    janitor::start();
    // SAFETY: the value is a live map value, and read here only.
    if let Some(handshake) = unsafe { HANDSHAKES.get(&key) }
        && handshake.is_repeated_by(&packet.segment)
    {
        return Reason::ControlPort as u64;
    }
    let handshake = Handshake {
        created: now,
        client_first: packet.segment.sequence,
        client_interface: packet.segment.interface,
        client_scale: packet.segment.scale,
        early_data: (packet.segment.length != 0) as u8,
        ..Handshake::zeroed()
    };
    let _: Result<(), i32> = HANDSHAKES.insert(&key, &handshake, 0);
    Reason::ControlPort as u64
}

/// Any other segment from or to a control port.
#[inline(never)]
pub fn segment<F: Frame>(frame: F, packet: &Packet, direction: Direction) -> Verdict {
    let flags = packet.segment.flags & (SYN | FIN | RST);
    let mut entry = opening::existing(packet, direction);
    let fits = opening::fits(packet, direction, entry);
    // SAFETY: the entry is a live map value; what is read are single bytes.
    let is_read = |it: *mut SessionEntry| unsafe { !(*it).session.is_past_reading() };
    let matters = !fits || flags != 0 || entry.is_none_or(is_read);
    if matters && !checksum::is_right(frame, packet) {
        count(Reason::BadChecksum);
        return Verdict::Pass;
    }
    if flags & SYN != 0 {
        syn_ack(frame, packet, direction);
        return Verdict::Pass;
    }
    if !fits {
        let existing = entry.unwrap_or(core::ptr::null_mut());
        entry = opening::find(frame, packet, direction, existing);
    }
    let Some(entry) = entry else {
        return Verdict::Pass;
    };
    // SAFETY: the entry is a live map value, of which this is one aligned word.
    let unknown = unsafe { (*entry).session.sequences[direction as usize].interface } == 0;
    if unknown && path::is_filtered(frame, packet) {
        count(Reason::ReversePath);
        return Verdict::Pass;
    }
    receive(frame, packet, direction, entry)
}

/// A segment of a session. A function of its own, so that its stack is not below that of finding
/// the session.
#[inline(never)]
fn receive<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    entry: *mut SessionEntry,
) -> Verdict {
    let now = packet.time;
    let (Some(outcome), Some(config)) = (scratch::outcome(), SETTINGS.get(0)) else {
        return Verdict::Pass;
    };
    let Some(rule) = rule::of(entry, config) else {
        return Verdict::Pass;
    };
    *outcome = Outcome::nothing();
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let alive = session.ended == 0;
    let confirmed = session.is_confirmed();
    let (action, reason, skip) = match session.receive(direction, &packet.segment, now, outcome) {
        Step::Pass(reason) => (PASS, reason, 0),
        Step::Hold(reason) => (HOLD, reason, 0),
        Step::Parse { skip } => (PARSE, Reason::None, skip),
    };
    let confirms = !confirmed && session.is_confirmed();
    drop(session);
    if confirms && !confirm(frame, entry, rule, now) {
        return Verdict::Pass;
    }
    let action = opaque(action, now);
    let mut reason = opaque(reason as u64, now);
    if action == HOLD && !packet.door.admits {
        reason = kept::keep(frame, packet, direction, entry);
    }
    count_number(reason);
    let verdict = match action {
        PASS => Verdict::Pass,
        HOLD => drop_if(packet.door.admits),
        _ => {
            if changed() {
                effect::apply(entry, rule.expectation_lifetime, now);
            }
            let end = read(frame, packet, direction, entry, rule, skip);
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
        effect::apply(entry, rule.expectation_lifetime, now);
    }
    // SAFETY: single aligned values that are written once in the session's life.
    let (ended, reason) = unsafe { ((*entry).session.ended, (*entry).session.end_reason()) };
    if alive && ended != 0 {
        end(entry, &packet.tuple, reason, now);
    }
    verdict
}

/// Reads the payload, without its first `skip` bytes, and what was kept behind it. Gives the sequence
/// number behind it.
#[inline(always)]
fn read<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    entry: *mut SessionEntry,
    rule: &Rule,
    skip: u32,
) -> u32 {
    let length = packet.segment.length.saturating_sub(skip);
    let mut reading = Reading {
        frame,
        entry,
        rule,
        offset: packet.payload + skip,
        remaining: kept::uncontested(frame, packet, direction, entry, length),
        end: packet.segment.sequence.wrapping_add(packet.segment.length),
        kept: opaque(0, packet.time) as u16,
        refusal: 0,
    };
    match direction {
        Direction::FromClient => reading::read::<F, true>(&mut reading),
        Direction::FromServer => reading::read::<F, false>(&mut reading),
    }
    reading.end
}

/// Whether a session that was picked up, and of which both sides have been seen now, is tracked on.
#[inline(always)]
fn confirm<F: Frame>(frame: F, entry: *mut SessionEntry, rule: &Rule, now: u64) -> bool {
    // SAFETY: the entry is live; its key does not change while the session is in its map, and an
    // interface is one aligned word that is written once.
    let (key, [client, server]) = unsafe {
        let session = &raw const (*entry).session;
        let interface = |side: usize| (*session).sequences[side].interface;
        (&(*session).key, [interface(0), interface(1)])
    };
    let refusal = if client == server && path::is_forged(frame, key, client) {
        Reason::ForgedPath
    } else {
        Reason::None
    };
    opening::confirm(entry, refusal, rule, now) != 0
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
fn syn_ack<F: Frame>(frame: F, packet: &Packet, direction: Direction) {
    if !packet.segment.has(ACK) || !matches!(direction, Direction::FromServer) {
        return;
    }
    let key = SessionKey::of(&packet.tuple, direction);
    let Some(handshake) = HANDSHAKES.get_ptr_mut(&key) else {
        return;
    };
    if path::is_filtered(frame, packet) {
        count(Reason::ReversePath);
        return;
    }
    // SAFETY: the entry is a live map value. A handshake's packets come one after the other, each
    // caused by the one before, so that no two CPUs write it at once; if two do, they contest it.
    let handshake = unsafe { &mut *handshake };
    let interface = packet.segment.interface;
    if interface == handshake.client_interface && path::is_forged(frame, &key, interface) {
        count(Reason::ForgedPath);
        return;
    }
    if !handshake.answer(&packet.segment) {
        count(Reason::Contested);
    }
}

/// Reports the end of a session.
#[inline(always)]
pub fn tell_end(entry: *const SessionEntry, reason: u8, now: u64) {
    // SAFETY: the entry is live, and its key does not change while the session is in its map.
    let key = unsafe { &raw const (*entry).session.key };
    let Some(tuple) = scratch::tuple() else {
        return;
    };
    // SAFETY: both are valid, and words of the same kind lie in the same order.
    unsafe {
        copy(&raw const (*key).client, &raw mut tuple.source);
        copy(&raw const (*key).server, &raw mut tuple.destination);
        tuple.source_port = (*key).client_port;
        tuple.destination_port = (*key).server_port;
        tuple.zone = (*key).zone;
    }
    end(entry, tuple, reason, now);
}

/// Tells of a session's end.
#[inline(never)]
fn end(entry: *const SessionEntry, tuple: &Tuple, reason: u8, now: u64) {
    mark(CLOSED, reason, entry, now);
    tell(EventKind::SessionEnd, entry, tuple, reason, now);
}

/// Notes something in the session's history.
#[inline(always)]
pub fn mark(subject: u8, reason: u8, entry: *const SessionEntry, now: u64) {
    // SAFETY: the entry is live; key and number do not change while the session is in its map.
    let (key, session) = unsafe { (&raw const (*entry).session.key, (*entry).session.id) };
    history::mark(subject, reason, key, session, now);
}

/// Reports a session's beginning or end.
#[inline(never)]
pub fn tell(kind: EventKind, entry: *const SessionEntry, tuple: &Tuple, reason: u8, now: u64) {
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
