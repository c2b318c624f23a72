//! What was said of new connections between hosts that have a control connection.
//!
//! Only such pairs of hosts are remembered, so that a flood of strangers' SYNs costs a look-up each
//! and takes nobody's place.

use aya_ebpf::bindings::BPF_NOEXIST;
use ftp_track_common::{
    attempt::{Attempt, Attempts, slot},
    reason::Reason,
    tuple::Tuple,
};

use crate::{copy::copy, counter::next, map::ATTEMPTS, scratch};

/// Makes room for the attempts of two hosts. `tuple` is that of a packet of theirs.
#[inline(never)]
pub fn expect(tuple: &Tuple) {
    let (Some(()), Some(pair), Some(none)) = (select(tuple), scratch::pair(), scratch::attempts())
    else {
        return;
    };
    // Looked up first: to insert what is there would take somebody's place for a moment.
    if find().is_none() {
        let _: Result<(), i32> = ATTEMPTS.insert(&*pair, &*none, BPF_NOEXIST as u64);
    }
}

/// Forgets what was said of the packet before.
#[inline(always)]
pub fn clear() {
    if let Some(attempt) = scratch::attempt() {
        attempt.reason = 0;
    }
}

/// What is to be said of the new connection that is looked at, and which control connection says
/// it: `session` and `expectation` may be 0.
#[inline(always)]
pub fn judge(reason: Reason, session: u64, expectation: u32) {
    if let Some(attempt) = scratch::attempt() {
        attempt.reason = reason as u8;
        attempt.session = session;
        attempt.expectation = expectation;
        attempt.admitted = matches!(reason, Reason::Expected) as u8;
    }
}

/// Like [`judge`], for a reason by its number that admits nothing.
#[inline(always)]
pub fn refuse(reason: u64, session: u64, expectation: u32) {
    if let Some(attempt) = scratch::attempt() {
        attempt.reason = reason as u8;
        attempt.session = session;
        attempt.expectation = expectation;
        attempt.admitted = 0;
    }
}

/// Notes what [`judge`] was told. `tuple` is that of the SYN.
#[inline(never)]
pub fn note(tuple: &Tuple, now: u64) {
    let Some(attempt) = scratch::attempt() else {
        return;
    };
    if attempt.reason == 0 {
        return;
    }
    if select(tuple).is_none() {
        return;
    }
    attempt.time = now;
    attempt.source_port = tuple.source_port;
    attempt.destination_port = tuple.destination_port;
    let Some(attempts) = find() else {
        return;
    };
    // SAFETY: the value is a live map value, written as a history is: see `history`.
    unsafe {
        let last = &raw mut (*attempts).entries[slot((*attempts).count)];
        if is_same(attempt, last) {
            (&raw mut (*last).time).write_volatile(now);
            return;
        }
        let number = next(&mut (*attempts).count);
        let place = &raw mut (*attempts).entries[slot(number)];
        (&raw mut (*place).number).write_volatile(0);
        attempt.number = number as u32;
        copy(&raw const *attempt, place);
    }
}

/// Whether a SYN was only sent again: a sender that gets no answer would soon fill all entries.
///
/// # Safety
/// `last` must be valid.
#[inline(always)]
unsafe fn is_same(attempt: &Attempt, last: *const Attempt) -> bool {
    // SAFETY: the caller gives a valid pointer.
    let last = unsafe { &*last };
    last.number != 0
        && last.source_port == attempt.source_port
        && last.destination_port == attempt.destination_port
        && last.from_low == attempt.from_low
        && last.reason == attempt.reason
        && last.session == attempt.session
        && last.expectation == attempt.expectation
}

/// Sets [`scratch::pair`] to the hosts of a packet.
#[inline(always)]
fn select(tuple: &Tuple) -> Option<()> {
    let (pair, attempt) = (scratch::pair()?, scratch::attempt()?);
    let from_low = !tuple.destination.precedes(&tuple.source);
    let (low, high) = if from_low {
        (&raw const tuple.source, &raw const tuple.destination)
    } else {
        (&raw const tuple.destination, &raw const tuple.source)
    };
    // SAFETY: all four are addresses.
    unsafe {
        copy(low, &raw mut pair.low);
        copy(high, &raw mut pair.high);
    }
    pair.zone = tuple.zone;
    attempt.from_low = from_low as u8;
    Some(())
}

/// The attempts of [`scratch::pair`].
#[inline(always)]
fn find() -> Option<*mut Attempts> {
    let pair = scratch::pair()?;
    ATTEMPTS.get_ptr_mut(&*pair)
}
