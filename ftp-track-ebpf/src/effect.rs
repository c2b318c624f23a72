//! Does outside of the session what a line, or the connection's end, led to.

use aya_ebpf::bindings::{BPF_ANY, BPF_NOEXIST};
use ftp_track_common::{
    address::Address,
    event::EventKind,
    expectation::ExpectationKind,
    layout::SessionEntry,
    outcome::{Announcement, Outcome},
    reason::Reason,
    request::{RequestKind, THIRD},
    tuple::{ExpectationKey, SessionKey},
};

use crate::{
    copy::copy,
    counter::{count, count_number},
    history::{self, Effect},
    lock::Locked,
    map::EXPECTATIONS,
    report, scratch,
};

/// Acts on [`scratch::outcome`]: puts expectations in and takes them out, counts and reports.
/// `lifetime` and `now` are nanoseconds.
#[inline(always)]
pub fn apply(entry: *mut SessionEntry, lifetime: u64, now: u64) {
    // SAFETY: the entry is a live map value. If another CPU writes the third host at the same time,
    // what was announced before is over, and the session admits nothing for it, whatever its key.
    set_third(unsafe { &raw const (*entry).session.conversation.pending.third });
    // SAFETY: the entry is a live map value; key and number do not change while the session is in
    // its map.
    let full = unsafe {
        let session = &raw const (*entry).session;
        ftp_track_apply(&raw const (*session).key, (*session).id, lifetime, now)
    };
    if full != 0 {
        // SAFETY: the entry is a live map value.
        unsafe { Locked::new(entry) }
            .conversation
            .end_pending(Reason::ExpectationsFull);
    }
}

/// [`apply`] without the lock; 1 when the expectation map is full. A global function: see
/// [`crate::feed`].
///
/// # Safety
/// `key` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_apply(
    key: *const SessionKey,
    session: u64,
    lifetime: u64,
    now: u64,
) -> u64 {
    // SAFETY: the caller gives a valid pointer, if it is not null.
    let (Some(key), Some(outcome)) = (unsafe { key.as_ref() }, scratch::outcome()) else {
        return 0;
    };
    let outcome: &Outcome = outcome;
    count_number(outcome.counted as u64);
    let mut noted = begin_note(outcome);
    if outcome.ended.id != 0 {
        remove(key, session, &outcome.ended);
        // Of its use there was an event.
        if outcome.ended.reason != Reason::Used as u8 {
            noted = true;
            history::announce(Effect::Ended, &outcome.ended, key, session, now);
            tell(EventKind::ExpectationEnd, key, session, &outcome.ended, now);
        }
    }
    if outcome.refused.kind != 0 {
        count_number(outcome.refused.reason as u64);
        noted = true;
        history::announce(Effect::Refused, &outcome.refused, key, session, now);
        tell(EventKind::Refused, key, session, &outcome.refused, now);
    }
    if outcome.withdrawn != 0 {
        remove(key, session, &invitation(outcome.withdrawn));
    }
    if outcome.invited != 0 {
        // Never in the place of one that is armed already. If there is no room, the server has to
        // answer first.
        let asked = invitation(outcome.invited);
        let _: bool = insert(key, session, &asked, lifetime, now);
    }
    if outcome.made.id == 0 {
        if !noted && (outcome.subject != 0 || outcome.counted != 0) {
            let nothing = Announcement {
                port: outcome.invited,
                reason: outcome.counted,
                ..Announcement::default()
            };
            history::announce(Effect::Nothing, &nothing, key, session, now);
        }
        return 0;
    }
    if insert(key, session, &outcome.made, lifetime, now) {
        history::announce(Effect::Made, &outcome.made, key, session, now);
        tell(EventKind::ExpectationNew, key, session, &outcome.made, now);
        return 0;
    }
    count(Reason::ExpectationsFull);
    let mut refused = outcome.made;
    refused.reason = Reason::ExpectationsFull as u8;
    history::announce(Effect::Refused, &refused, key, session, now);
    tell(EventKind::Refused, key, session, &refused, now);
    1
}

/// Says in the note which line it is about. Gives false: nothing is noted yet.
#[inline(always)]
fn begin_note(outcome: &Outcome) -> bool {
    if let Some(note) = scratch::note() {
        note.subject = outcome.subject;
        note.code = outcome.code;
    }
    false
}

/// The expectation that a PORT or EPRT without an answer would make.
#[inline(always)]
fn invitation(port: u16) -> Announcement {
    Announcement {
        id: 0,
        port,
        kind: RequestKind::Port as u8,
        reason: 0,
    }
}

/// Sets the third host of the expectations that are spoken of; `third` must be valid.
#[inline(always)]
pub fn set_third(third: *const Address) {
    if let Some(place) = scratch::third() {
        // SAFETY: the caller gives a valid pointer.
        unsafe { copy(third, place) };
    }
}

/// Key of the expectation that `about` announces. Of one that may be with a third host, PORT and EPRT
/// say which one; of PASV and EPSV nobody does, and the initiator is zero.
#[inline(always)]
fn place(key: &SessionKey, about: &Announcement) -> Option<&'static ExpectationKey> {
    let kind = ExpectationKind::of_request(about.kind)?;
    let place = scratch::place()?;
    let is_third = about.kind & THIRD != 0;
    let (initiator, responder) = if !kind.is_active() {
        (&raw const key.client, &raw const key.server)
    } else if is_third {
        (&raw const key.server, &raw const *scratch::third()?)
    } else {
        (&raw const key.server, &raw const key.client)
    };
    // SAFETY: all four are references to addresses.
    unsafe {
        copy(initiator, &raw mut place.initiator);
        copy(responder, &raw mut place.responder);
    }
    if is_third && !kind.is_active() {
        place.initiator = Address::default();
    }
    place.responder_port = about.port;
    place.reserved = 0;
    place.zone = key.zone;
    Some(place)
}

/// Takes an expectation out, unless a newer control connection has put its own in its place.
#[inline(always)]
fn remove(key: &SessionKey, session: u64, ended: &Announcement) {
    let Some(place) = place(key, ended) else {
        return;
    };
    // SAFETY: values of this map never change after they were inserted.
    match unsafe { EXPECTATIONS.get(place) } {
        Some(expectation) if expectation.session == session && expectation.id == ended.id => {}
        _ => return,
    }
    let _: Result<(), i32> = EXPECTATIONS.remove(place);
}

#[inline(always)]
fn insert(key: &SessionKey, session: u64, made: &Announcement, lifetime: u64, now: u64) -> bool {
    let (Some(place), Some(expectation)) = (place(key, made), scratch::expectation()) else {
        return false;
    };
    // SAFETY: both are references to keys.
    unsafe { copy(key, &raw mut expectation.master) };
    expectation.session = session;
    expectation.created = now;
    expectation.expires = now.saturating_add(lifetime);
    expectation.id = made.id;
    expectation.kind = made.kind;
    expectation.reserved = 0;
    expectation.translated_port = 0;
    expectation.translated = Address::default();
    let flags = if made.id == 0 { BPF_NOEXIST } else { BPF_ANY };
    EXPECTATIONS
        .insert(place, &*expectation, flags as u64)
        .is_ok()
}

/// Reports an event of an expectation.
#[inline(never)]
pub fn tell(kind: EventKind, key: &SessionKey, session: u64, about: &Announcement, now: u64) {
    let Some(place) = place(key, about) else {
        return;
    };
    let Some(mut entry) = report::reserve() else {
        return;
    };
    let event = entry.as_mut_ptr();
    // SAFETY: see `report::write`; the tuple's fields are written here.
    unsafe {
        report::write(event, kind, session, about, now);
        copy(key, &raw mut (*event).master);
        // Of PASV and EPSV the client's, even if a third host may come instead.
        let source = match ExpectationKind::of_request(about.kind) {
            Some(kind) if kind.is_active() => &raw const place.initiator,
            _ => &raw const key.client,
        };
        copy(source, &raw mut (*event).tuple.source);
        copy(
            &raw const place.responder,
            &raw mut (*event).tuple.destination,
        );
        (*event).tuple.source_port = 0;
        (*event).tuple.destination_port = place.responder_port;
        (*event).tuple.zone = place.zone;
    }
    entry.submit(0);
}
