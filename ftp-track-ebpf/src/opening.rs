//! Where a session begins: with its handshake, or in the middle of a connection that is older than
//! the tracker.

use core::hint::black_box;

use aya_ebpf::{
    bindings::{BPF_F_LOCK, BPF_NOEXIST},
    helpers::generated,
};
use ftp_track_common::{
    client::{PICK_UPS, Share},
    event::EventKind,
    handshake::Handshake,
    layout::SessionEntry,
    outcome::Outcome,
    reason::Reason,
    rule::Rule,
    segment::{ACK, RST},
    tuple::{Direction, SessionKey},
};

use crate::{
    attempt, barred, client,
    control::{mark, tell, tell_end},
    copy::copy,
    counter::count,
    effect,
    frame::Frame,
    history::{OPENED, PICKED_UP},
    janitor,
    lock::Locked,
    map::{HANDSHAKES, NUMBERS, SESSIONS, SETTINGS},
    packet::Packet,
    path, rule, scratch,
};

/// The session that has a segment's addresses and ports, whether it is the segment's or an earlier
/// connection's. Its key is left in [`scratch::session_key`].
#[inline(always)]
pub fn existing(packet: &Packet, direction: Direction) -> Option<*mut SessionEntry> {
    let key = scratch::session_key()?;
    name(packet, direction, key);
    SESSIONS.get_ptr_mut(&*key)
}

/// Whether a segment is one of the session that has its addresses and ports, beyond doubt.
#[inline(always)]
pub fn fits(packet: &Packet, direction: Direction, existing: Option<*mut SessionEntry>) -> bool {
    existing.is_some_and(|entry| {
        // SAFETY: the entry is a live map value; each is one aligned word.
        let (ended, next) = unsafe {
            let session = &raw const (*entry).session;
            ((*session).ended, (*session).sequences[0].next)
        };
        let is_next = matches!(direction, Direction::FromServer) || packet.segment.sequence == next;
        ended == 0 && is_next
    })
}

/// The session of a segment that [`fits`] none, not even the `existing` one, which may be null; makes it
/// when the segment completes a handshake, or is the first that comes by of a connection that is older
/// than the tracker.
#[inline(never)]
pub fn find<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    existing: *mut SessionEntry,
) -> Option<*mut SessionEntry> {
    let existing = (!existing.is_null()).then_some(existing);
    let now = packet.time;
    let key = &*scratch::session_key()?;
    // SAFETY: the value is a live map value. Of a handshake only the SYN and the SYN-ACK before this
    // segment have written it; of a glimpse what two CPUs write at once is at worst no evidence.
    let handshake = unsafe { HANDSHAKES.get(key) };
    let completes = completes(packet, handshake);
    let segment = &packet.segment;
    if let Some(entry) = existing {
        // SAFETY: the entry is a live map value; this is one aligned word.
        let ended = unsafe { (*entry).session.ended };
        // What does not fit may belong to a new connection with the old one's ports.
        if ended == 0 && (matches!(direction, Direction::FromServer) || !completes) {
            return existing;
        }
    }
    let begins = matches!(direction, Direction::FromClient) && completes;
    let goes_on = existing.is_none() && segment.length != 0 && segment.has(ACK);
    if goes_on && handshake.is_some_and(|it| it.contested != 0) {
        count(Reason::Contested);
        return None;
    }
    if segment.has(RST) || !(begins || goes_on) {
        return existing;
    }
    if !begins && !barred::admits(key) {
        return None;
    }
    if !begins && path::is_filtered(frame, packet) {
        count(Reason::ReversePath);
        return None;
    }
    let binding = rule::find(key, SETTINGS.get(0)?)?;
    let rule = rule::get(binding)?;
    if !rule.tracks() {
        count(Reason::IgnoredByPolicy);
        return existing;
    }
    let entry = scratch::entry()?;
    entry.clear();
    let id = next_number();
    let share = if begins {
        entry.session.open(key, id, handshake?, now);
        if HANDSHAKES.remove(key).is_err() {
            // Another CPU has just made the session from it.
            return SESSIONS.get_ptr_mut(key);
        }
        Share::Session
    } else {
        janitor::start();
        if let Err(reason) = client::may(&key.client, key.zone, rule.sessions_per_client) {
            count(reason);
            return None;
        }
        match pick_up(packet, direction, id, now) {
            WAITING => Share::PickUp,
            // Its own segment is about to confirm it.
            BELIEVED => Share::None,
            _ => return None,
        }
    };
    if let Some(old) = existing {
        // Nothing came by of its end, and a new connection has its ports.
        finish(old, Reason::ControlClosed, now);
    }
    let limit = match share {
        Share::Session => rule.sessions_per_client,
        _ => 0,
    };
    // A pick-up has been counted by now.
    if matches!(share, Share::Session)
        && let Err(reason) = client::enter(&key.client, key.zone, share, limit)
    {
        count(reason);
        // Its beginning is not known any more.
        barred::enter(key, now);
        return None;
    }
    entry.session.binding = binding;
    entry.session.idle = rule.session_idle;
    // In place and under the lock when there is an older entry: a CPU that still holds a pointer to
    // it must find either session, never a mixture.
    let flags = if existing.is_some() {
        BPF_F_LOCK
    } else {
        BPF_NOEXIST
    };
    if SESSIONS
        .insert(key, entry.as_entry(), flags as u64)
        .is_err()
    {
        if !matches!(share, Share::None) {
            client::leave(&key.client, key.zone, share);
        }
        if begins {
            barred::enter(key, now);
        }
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

/// Writes the key of the session that a segment belongs to: word by word, see [`copy`].
#[inline(always)]
fn name(packet: &Packet, direction: Direction, key: &mut SessionKey) {
    let tuple = &packet.tuple;
    let (client, server) = match direction {
        Direction::FromClient => (&raw const tuple.source, &raw const tuple.destination),
        Direction::FromServer => (&raw const tuple.destination, &raw const tuple.source),
    };
    // SAFETY: all four are references to addresses.
    unsafe {
        copy(client, &raw mut key.client);
        copy(server, &raw mut key.server);
    }
    (key.client_port, key.server_port) = match direction {
        Direction::FromClient => (tuple.source_port, tuple.destination_port),
        Direction::FromServer => (tuple.destination_port, tuple.source_port),
    };
    key.zone = tuple.zone;
}

/// Nothing was picked up.
const NOTHING: u64 = 0;
/// It waits for the other side.
const WAITING: u64 = 1;
/// Both sides have been seen.
const BELIEVED: u64 = 2;

/// Makes a session in the middle of a connection, in [`scratch::entry`].
///
/// Anybody can send one segment in anybody's name, so only so many may be waiting for the other
/// side. Beyond that, the segment is only remembered, where a flood pushes out its own kind; with the
/// other side's answer the session is made at the cost of what stood in the first segment.
#[inline(never)]
fn pick_up(packet: &Packet, direction: Direction, id: u64, now: u64) -> u64 {
    // It becomes an index, of which the verifier would know no bound.
    let direction = match black_box(direction as u64) & 1 {
        0 => Direction::FromClient,
        _ => Direction::FromServer,
    };
    let segment = &packet.segment;
    let (Some(entry), Some(key), Some(new)) = (
        scratch::entry(),
        scratch::session_key(),
        scratch::handshake(),
    ) else {
        return NOTHING;
    };
    let key = &*key;
    // SAFETY: the value is a live map value; what two CPUs write at once is at worst no evidence.
    let glimpse = unsafe { HANDSHAKES.get(key) };
    if let Some(glimpse) = glimpse
        && glimpse.is_continued_by(direction, segment)
    {
        entry.session.pick_up(key, id, direction, segment, now);
        entry
            .session
            .believe(direction, glimpse.interface(direction.opposite()));
        let _: Result<(), i32> = HANDSHAKES.remove(key);
        count(Reason::NoHandshake);
        return BELIEVED;
    }
    entry.session.pick_up(key, id, direction, segment, now);
    if glimpse.is_some_and(|it| !it.is_glimpse()) {
        // Its SYN-ACK cannot be read, in fragments for example, or came another way.
        entry.session.begin();
    }
    if client::enter(&key.client, key.zone, Share::PickUp, PICK_UPS).is_ok() {
        count(Reason::NoHandshake);
        return WAITING;
    }
    count(Reason::PickUpLimit);
    if glimpse.is_none_or(Handshake::is_glimpse) {
        *new = Handshake::glimpse(direction, segment, now);
        let _: Result<(), i32> = HANDSHAKES.insert(key, &*new, 0);
    }
    NOTHING
}

/// Whether a segment of the client's completes the handshake that was seen.
#[inline(always)]
fn completes(packet: &Packet, handshake: Option<&Handshake>) -> bool {
    let (sequence, acknowledgment) = (packet.segment.sequence, packet.segment.acknowledgment);
    handshake.is_some_and(|it| it.is_completed_by(sequence, acknowledgment))
}

/// The other side has confirmed a session that was picked up: it counts as its client's. With a
/// `refusal`, or if the client has too many, it is tracked no longer. Gives 1 if it is.
#[inline(never)]
pub fn confirm(entry: *mut SessionEntry, refusal: Reason, rule: &Rule, now: u64) -> u64 {
    if refusal as u8 != 0 {
        count(refusal);
        // SAFETY: the entry is a live map value; this is one byte.
        let counted = unsafe { (*entry).session.share() } != Share::None as u8;
        end(entry, refusal, now);
        if !counted {
            remove(entry);
        }
        // Else it stays, as one that has ended: its segments would be picked up again and again.
        return 0;
    }
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let share = session.exchange_share(Share::Session);
    drop(session);
    release(entry, share);
    // SAFETY: the entry is live, and its key does not change while the session is in its map.
    let key = unsafe { &(*entry).session.key };
    if let Err(reason) = client::enter(
        &key.client,
        key.zone,
        Share::Session,
        rule.sessions_per_client,
    ) {
        count(reason);
        // SAFETY: the entry is a live map value.
        let mut session = unsafe { Locked::new(entry) };
        session.exchange_share(Share::None);
        drop(session);
        finish(entry, reason, now);
        // Not even as one that has ended: nothing may be in the map that nobody answers for.
        remove(entry);
        return 0;
    }
    1
}

#[inline(always)]
fn remove(entry: *const SessionEntry) {
    // SAFETY: the entry is live, and its key does not change while the session is in its map.
    let _: Result<(), i32> = SESSIONS.remove(unsafe { &(*entry).session.key });
}

/// Gives back what a session counted as.
#[inline(never)]
pub fn release(entry: *const SessionEntry, share: Share) {
    if matches!(share, Share::None) {
        return;
    }
    // SAFETY: the entry is live, and its key does not change while the session is in its map.
    let key = unsafe { &(*entry).session.key };
    client::leave(&key.client, key.zone, share);
}

/// Ends a session, and gives back what it counted as.
#[inline(always)]
fn finish(entry: *mut SessionEntry, reason: Reason, now: u64) {
    end(entry, reason, now);
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let share = session.exchange_share(Share::None);
    drop(session);
    release(entry, share);
}

/// Ends a session that is to be tracked no longer.
#[inline(never)]
fn end(entry: *mut SessionEntry, reason: Reason, now: u64) {
    let Some(outcome) = scratch::outcome() else {
        return;
    };
    *outcome = Outcome::nothing();
    // SAFETY: the entry is a live map value.
    let mut session = unsafe { Locked::new(entry) };
    let alive = session.ended == 0;
    if alive {
        session.end(reason, now, outcome);
    }
    drop(session);
    if alive {
        effect::apply(entry, 0, now);
        tell_end(entry, reason as u8, now);
    }
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
