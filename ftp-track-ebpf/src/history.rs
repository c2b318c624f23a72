//! Notes of what lines led to, kept beside the sessions.

use ftp_track_common::{
    history::{History, Note, slot},
    outcome::Announcement,
    tuple::SessionKey,
};

use crate::{copy::copy, counter::next, map::HISTORIES, scratch};

pub use ftp_track_common::history::{CLOSED, Effect, OPENED, PICKED_UP};

/// Notes what became of an expectation. What line it was about is in [`scratch::note`] already.
#[inline(always)]
pub fn announce(
    effect: Effect,
    about: &Announcement,
    key: *const SessionKey,
    session: u64,
    now: u64,
) {
    let Some(note) = scratch::note() else {
        return;
    };
    note.effect = effect as u8;
    note.expectation = about.id;
    note.port = about.port;
    note.reason = about.reason;
    note.kind = about.kind;
    // SAFETY: the caller gives a valid pointer.
    unsafe { ftp_track_note(key, session, now) };
}

/// Notes something about the connection as a whole.
#[inline(always)]
pub fn mark(subject: u8, reason: u8, key: *const SessionKey, session: u64, now: u64) {
    let Some(note) = scratch::note() else {
        return;
    };
    note.subject = subject;
    note.code = 0;
    note.effect = Effect::Nothing as u8;
    note.expectation = 0;
    note.port = 0;
    note.reason = reason;
    note.kind = 0;
    // SAFETY: the caller gives a valid pointer.
    unsafe { ftp_track_note(key, session, now) };
}

/// Puts [`scratch::note`] into the history of a session. A global function: see [`crate::feed`].
///
/// # Safety
/// `key` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_note(key: *const SessionKey, session: u64, now: u64) -> u64 {
    let (Some(note), Some(master)) = (scratch::note(), scratch::master()) else {
        return 0;
    };
    if key.is_null() {
        return 0;
    }
    // SAFETY: the caller gives a valid pointer, if it is not null; a map's key has to lie in memory
    // that every kernel takes for that.
    unsafe { copy(key, &raw mut *master) };
    note.time = now;
    // Where a connection begins there is none yet.
    if note.subject != OPENED
        && let Some(history) = find(master, session)
    {
        // SAFETY: the history is a live map value. Its notes are written without a lock: whoever takes
        // a number has its slot for himself, unless he is overtaken by a whole ring; a reader sees
        // a note only while it has its number.
        unsafe {
            let number = next(&mut (*history).count);
            let place = &raw mut (*history).notes[slot(number)];
            (&raw mut (*place).number).write_volatile(0);
            note.number = number as u32;
            write(note, place);
        }
        return 1;
    }
    let Some(fresh) = scratch::history() else {
        return 0;
    };
    fresh.session = session;
    fresh.count = 1;
    note.number = 1;
    // SAFETY: both are places of a note.
    unsafe { copy(&raw const *note, &raw mut fresh.notes[slot(1)]) };
    let _: Result<(), i32> = HISTORIES.insert(master, &*fresh, 0);
    1
}

/// The history of a session, not that of an earlier one with its key.
#[inline(always)]
fn find(master: &SessionKey, session: u64) -> Option<*mut History> {
    let history = HISTORIES.get_ptr_mut(master)?;
    // SAFETY: the history is a live map value; its number never changes.
    (unsafe { (*history).session } == session).then_some(history)
}

/// Writes a note, its number last.
///
/// # Safety
/// `place` must be valid.
#[inline(always)]
unsafe fn write(note: &Note, place: *mut Note) {
    // SAFETY: the caller gives a valid pointer.
    unsafe {
        (&raw mut (*place).time).write_volatile(note.time);
        (&raw mut (*place).expectation).write_volatile(note.expectation);
        (&raw mut (*place).port).write_volatile(note.port);
        (&raw mut (*place).code).write_volatile(note.code);
        (&raw mut (*place).subject).write_volatile(note.subject);
        (&raw mut (*place).effect).write_volatile(note.effect);
        (&raw mut (*place).reason).write_volatile(note.reason);
        (&raw mut (*place).kind).write_volatile(note.kind);
        (&raw mut (*place).number).write_volatile(note.number);
    }
}
