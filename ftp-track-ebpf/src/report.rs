//! Reports to the daemon through the ring buffer.

use aya_ebpf::maps::ring_buf::RingBufEntry;
use ftp_track_common::{
    event::{self, Event, EventKind},
    outcome::Announcement,
    tuple::{SessionKey, Tuple},
};

use crate::{
    copy::copy,
    map::{EVENTS, LOST_EVENTS},
    scratch,
};

/// What an event says beside its kind.
pub struct Subject<'a> {
    /// The session's number, or 0.
    pub session: u64,
    /// The control connection, if there is one.
    pub master: Option<&'a SessionKey>,
    /// The packet's or the expectation's tuple.
    pub tuple: &'a Tuple,
    /// Expectation, request and reason.
    pub announcement: Announcement,
    /// Monotonic clock, nanoseconds.
    pub now: u64,
}

/// Room for one event in the ring, or counts it as lost when the ring is full.
#[inline(always)]
pub fn reserve() -> Option<RingBufEntry<Event>> {
    let entry = EVENTS.reserve_untyped::<Event>(0);
    if entry.is_none()
        && let Some(lost) = LOST_EVENTS.get_ptr_mut(0)
    {
        // SAFETY: the kernel gives a valid pointer to this CPU's value; only this CPU writes it.
        unsafe { *lost += 1 };
    }
    entry
}

/// Writes all of an event but master and tuple. Field by field, because a whole `Event` would take a
/// quarter of the stack.
///
/// # Safety
/// `event` must point to the writable bytes of a reserved event.
#[inline(always)]
pub unsafe fn write(
    event: *mut Event,
    kind: EventKind,
    session: u64,
    about: &Announcement,
    now: u64,
) {
    // SAFETY: the caller gives `size_of::<Event>()` writable bytes, which the ring aligns to 8.
    unsafe {
        (*event).version = event::VERSION;
        (*event).kind = kind as u8;
        (*event).reason = about.reason;
        (*event).expectation = about.id;
        (*event).time = now;
        (*event).session = session;
        (*event).request = about.kind;
        (*event).reserved = [0; 3];
        (*event).binding = scratch::binding().copied().unwrap_or_default();
    }
}

/// Reports one event.
#[inline(always)]
pub fn report(kind: EventKind, subject: &Subject<'_>) {
    let Some(mut entry) = reserve() else {
        return;
    };
    let event = entry.as_mut_ptr();
    // SAFETY: the ring has just given the room, and every field is written.
    unsafe {
        write(
            event,
            kind,
            subject.session,
            &subject.announcement,
            subject.now,
        );
        copy(subject.tuple, &raw mut (*event).tuple);
        match subject.master {
            Some(master) => copy(master, &raw mut (*event).master),
            None => (*event).master = SessionKey::default(),
        }
    }
    entry.submit(0);
}
