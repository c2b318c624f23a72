//! Takes out of the maps what is over, while packets come or not, with a daemon or without.
//!
//! One kernel timer looks through one map at a time: an entry costs it 30 to 60 ns every few seconds.
//! A timer in each entry would be exact to the nanosecond, at the price of another allocation for
//! each entry and of half a microsecond where a data connection begins.
//! Whether an entry may still be used is decided where it is used, so nobody waits for this.

use aya_ebpf::{bindings, cty::c_void, helpers::generated};
use ftp_track_common::{
    client::Share,
    ends::Ends,
    event::EventKind,
    expectation::{Expectation, Presence},
    flow::Flow,
    layout::{Janitor, SessionEntry},
    outcome::{Announcement, Outcome},
    reason::Reason,
    tuple::{ExpectationKey, FlowKey, SessionKey},
};

use crate::{
    barred, client, clock, control, data, effect,
    lock::Locked,
    map::{ARMED, EXPECTATIONS, FLOWS, JANITOR, SESSIONS},
    opening, scratch, seat,
};

/// Between two looks, at one map each, in nanoseconds.
const PERIOD: u64 = 500_000_000;
/// How long after its end an entry is taken for over, in nanoseconds: late packets are still known
/// for what they are, and whoever looks sees why they were refused.
const GRACE: u64 = 2_000_000_000;

/// What a look is told.
#[repr(C)]
struct Look {
    /// The time, less [`GRACE`].
    now: u64,
}

/// Starts the timer, once for each time the programs are loaded.
#[inline(always)]
pub fn start() {
    let Some(armed) = ARMED.get_ptr_mut(0) else {
        return;
    };
    // SAFETY: the kernel gives a valid pointer. If two CPUs come here at once, both start it, which
    // is as good.
    unsafe {
        if *armed != 0 {
            return;
        }
        *armed = 1;
    }
    let Some(janitor) = JANITOR.get_ptr_mut(0) else {
        return;
    };
    // SAFETY: the timer is a field of a live value of this map. It may be one that an earlier
    // program has made: then only the function changes that it calls.
    unsafe {
        let timer = timer(janitor);
        let map = (&raw const JANITOR).cast_mut().cast::<c_void>();
        generated::bpf_timer_init(timer, map, clock::ID);
        generated::bpf_timer_set_callback(timer, tick as *mut c_void);
        generated::bpf_timer_start(timer, PERIOD, 0);
    }
}

/// # Safety
/// `janitor` must be a live value of its map.
#[inline(always)]
unsafe fn timer(janitor: *mut Janitor) -> *mut bindings::bpf_timer {
    // SAFETY: the caller gives a live value.
    unsafe { (&raw mut (*janitor).timer).cast() }
}

/// What the timer calls.
extern "C" fn tick(_map: *mut c_void, _key: *mut u32, janitor: *mut Janitor) -> i64 {
    let mut look = Look {
        now: clock::now().saturating_sub(GRACE),
    };
    // SAFETY: the kernel gives the timer's own value, and calls this on one CPU at a time.
    let turn = unsafe {
        let turn = (*janitor).turn;
        (*janitor).turn = if turn >= 2 { 0 } else { turn + 1 };
        turn
    };
    match turn {
        0 => sessions(&mut look),
        1 => flows(&mut look),
        _ => expectations(&mut look),
    }
    again(janitor)
}

/// A look at one map. Functions of their own: a call of the helper may be for one map only, or Linux
/// 6.1 refuses it (`set_map_elem_callback_state`, kernel/bpf/verifier.c).
macro_rules! walk {
    ($($name:ident: $map:ident, $callback:ident;)*) => {
        $(
            #[inline(never)]
            fn $name(look: &mut Look) {
                // SAFETY: the callback takes what the helper gives it: a key and a value of this
                // map, and this context. It may remove the entry at hand (kernel/bpf/hashtab.c).
                unsafe {
                    generated::bpf_for_each_map_elem(
                        (&raw const $map).cast_mut().cast(),
                        $callback as *mut c_void,
                        core::ptr::from_mut(look).cast(),
                        0,
                    );
                }
            }
        )*
    };
}

walk! {
    sessions: SESSIONS, session;
    flows: FLOWS, flow;
    expectations: EXPECTATIONS, expectation;
}

#[inline(always)]
fn again(janitor: *mut Janitor) -> i64 {
    // SAFETY: the kernel gave a live value to `tick`.
    unsafe {
        generated::bpf_timer_start(timer(janitor), PERIOD, 0);
    }
    0
}

extern "C" fn session(
    _map: *mut c_void,
    key: *const SessionKey,
    entry: *const SessionEntry,
    look: &mut Look,
) -> i64 {
    let Some(outcome) = scratch::outcome() else {
        return 1;
    };
    let now = look.now;
    // SAFETY: the entry is a live map value; these are single aligned words, and looked at again
    // under the lock.
    let over = unsafe { (*entry).session.is_expired(now) };
    if !over {
        return 0;
    }
    // Linux 6.1 knows no lock of a value that it did not look up (`process_spin_lock`,
    // kernel/bpf/verifier.c).
    // SAFETY: the kernel gives the entry's own key.
    let Some(entry) = SESSIONS.get_ptr_mut(unsafe { &*key }) else {
        return 0;
    };
    *outcome = Outcome::nothing();
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut locked = unsafe { Locked::new(entry) };
    let over = locked.is_expired(now);
    let alive = locked.ended == 0;
    let is_doubtful = locked.is_doubtful();
    let mut share = Share::None;
    if over {
        if alive {
            locked.end(Reason::Idle, now, outcome);
        }
        share = locked.exchange_share(Share::None);
    }
    drop(locked);
    if !over {
        return 0;
    }
    if alive {
        effect::apply(entry, 0, now);
        control::tell_end(entry, Reason::Idle as u8, now + GRACE);
    }
    // SAFETY: the kernel gives the entry's own key.
    let key = unsafe { &*key };
    let _: Result<(), i32> = SESSIONS.remove(key);
    barred::forget(key, is_doubtful, now + GRACE);
    opening::release(entry, share);
    0
}

extern "C" fn flow(
    _map: *mut c_void,
    key: *const FlowKey,
    flow: *mut Flow,
    look: &mut Look,
) -> i64 {
    // SAFETY: both are live for as long as the callback runs, and shared as `Flow` says.
    let (key, flow) = unsafe { (&*key, &*flow) };
    if !flow.is_expired(look.now) {
        return 0;
    }
    if seat::find(key).is_none_or(|flow| !flow.is_expired(look.now)) {
        return 0;
    }
    // Of what was revoked, the end was told then.
    let alive = flow.ended == 0 && !flow.is_revoked();
    if FLOWS.remove(key).is_err() {
        return 0;
    }
    seat::leave(key);
    client::leave(&flow.master.client, flow.master.zone, Share::Flow);
    if alive && let Some(tuple) = scratch::tuple() {
        *tuple = Ends::from(*key).into();
        if flow.initiator_is_low == 0 {
            *tuple = tuple.reversed();
        }
        data::tell(
            EventKind::FlowEnd,
            tuple,
            flow,
            Reason::Idle,
            look.now + GRACE,
        );
    }
    0
}

extern "C" fn expectation(
    _map: *mut c_void,
    key: *const ExpectationKey,
    value: *const Expectation,
    look: &mut Look,
) -> i64 {
    // SAFETY: both are live for as long as the callback runs, and never change.
    let (key, expectation) = unsafe { (&*key, &*value) };
    // Its session is looked up only then: that takes as long as all else here for ten of them. What a
    // session gave up left the map at once; where that failed, it goes when its time is over.
    if look.now < expectation.expires {
        return 0;
    }
    let master = SESSIONS.get_ptr_mut(&expectation.master);
    // SAFETY: the entry is a live map value. What is read is single aligned words; a number that is
    // gone stays gone.
    let session = unsafe {
        master.map(|entry| ((*entry).session.id, &(*entry).session.conversation.pending))
    };
    let presence = expectation.presence(session, look.now);
    if presence as u8 == Presence::Due as u8 || EXPECTATIONS.remove(key).is_err() {
        return 0;
    }
    if presence as u8 == Presence::Expired as u8 {
        let about = Announcement {
            id: expectation.id,
            port: key.responder_port,
            kind: expectation.kind,
            reason: Reason::Expired as u8,
        };
        effect::set_third(&raw const key.responder);
        effect::tell(
            EventKind::ExpectationEnd,
            &expectation.master,
            expectation.session,
            &about,
            look.now + GRACE,
        );
    }
    0
}
