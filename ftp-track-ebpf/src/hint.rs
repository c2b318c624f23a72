//! Hints whether a packet may belong to an admitted data connection; see [`ftp_track_common::hint`].

use ftp_track_common::tuple::FlowKey;

use crate::{counter, map::HINTS};

/// A flow is about to enter its map. Before it, so that no packet finds the hint missing.
#[inline(always)]
pub fn enter(key: &FlowKey) {
    change(key, 1);
}

/// A flow has left its map, or did not get in.
#[inline(always)]
pub fn leave(key: &FlowKey) {
    change(key, 1u64.wrapping_neg());
}

#[inline(always)]
fn change(key: &FlowKey, by: u64) {
    if let Some(flows) = HINTS.get_ptr_mut(key.hint()) {
        // SAFETY: the kernel gives a valid pointer, and the addition is atomic.
        counter::add(unsafe { &mut *flows }, by);
    }
}

/// Whether there may be a flow that has this hint.
#[inline(always)]
pub fn is_set(hint: u32) -> bool {
    HINTS.get(hint).is_some_and(|flows| *flows != 0)
}
