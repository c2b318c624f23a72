//! Reports to the daemon through the ring buffer.

use ftp_track_common::{
    event::{self, Event, EventKind},
    outcome::Announcement,
    tuple::{SessionKey, Tuple},
};

use crate::map::{EVENTS, LOST_EVENTS};

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

/// Reports one event, or counts it as lost when the ring is full.
#[inline(always)]
pub fn report(kind: EventKind, subject: &Subject<'_>) {
    let Some(mut entry) = EVENTS.reserve_untyped::<Event>(0) else {
        if let Some(lost) = LOST_EVENTS.get_ptr_mut(0) {
            // SAFETY: the kernel gives a valid pointer to this CPU's value; only this CPU writes it.
            unsafe { *lost += 1 };
        }
        return;
    };
    let event = entry.as_mut_ptr();
    // SAFETY: the ring gives `size_of::<Event>()` writable bytes, aligned to 8; every field is
    // written. One by one, because a whole `Event` would take a quarter of the stack.
    unsafe {
        (*event).version = event::VERSION;
        (*event).kind = kind as u8;
        (*event).reason = subject.announcement.reason;
        (*event).expectation = subject.announcement.id;
        (*event).time = subject.now;
        (*event).session = subject.session;
        (*event).tuple = *subject.tuple;
        (*event).request = subject.announcement.kind;
        (*event).reserved = [0; 7];
        match subject.master {
            Some(master) => (*event).master = *master,
            None => (*event).master = SessionKey::default(),
        }
    }
    entry.submit(0);
}
