//! Counts what each client has in the maps.
//!
//! Whatever enters or leaves [`SESSIONS`](crate::map::SESSIONS) and [`FLOWS`](crate::map::FLOWS)
//! goes through here. An entry's lock makes the counts exact; one without anything left is marked
//! under the lock before it leaves the map, so that nobody counts on it any more.

use aya_ebpf::{
    bindings::{self, BPF_NOEXIST},
    helpers::generated,
};
use ftp_track_common::{
    address::Address,
    client::{ClientKey, Entry, Share},
    layout::ClientEntry,
    reason::Reason,
};

use crate::{map::CLIENTS, scratch};

/// How often an entry that is leaving is waited for.
const ATTEMPTS: u32 = 3;

/// One more for the client that has `address`, if it has fewer than `limit` (0 is no limit).
#[inline(always)]
pub fn enter(address: &Address, zone: u32, share: Share, limit: u32) -> Result<(), Reason> {
    // SAFETY: a reference is valid.
    match unsafe { ftp_track_enter(address, zone, share as u32, limit) } {
        0 => Ok(()),
        _ => Err(Reason::ClientLimit),
    }
}

/// Whether the client that has `address` might have one more control connection.
#[inline(always)]
pub fn may(address: &Address, zone: u32, limit: u32) -> Result<(), Reason> {
    enter(address, zone, Share::Session, limit)?;
    leave(address, zone, Share::Session);
    Ok(())
}

/// One less for the client that has `address`.
#[inline(always)]
pub fn leave(address: &Address, zone: u32, share: Share) {
    // SAFETY: a reference is valid.
    unsafe { ftp_track_leave(address, zone, share as u32) };
}

/// [`enter`]: 0 when it was counted. A global function: see [`crate::feed`].
///
/// # Safety
/// `address` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_enter(
    address: *const Address,
    zone: u32,
    share: u32,
    limit: u32,
) -> u64 {
    // SAFETY: the caller gives a valid pointer, if it is not null.
    let Some(key) = key(unsafe { address.as_ref() }, zone, share) else {
        return 1;
    };
    for _ in 0..ATTEMPTS {
        let Some(entry) = CLIENTS.get_ptr_mut(&*key) else {
            let Some(new) = scratch::client() else {
                return 1;
            };
            if CLIENTS
                .insert(&*key, new.as_entry(), BPF_NOEXIST as u64)
                .is_err()
                && CLIENTS.get_ptr_mut(&*key).is_none()
            {
                return 1;
            }
            continue;
        };
        // SAFETY: the entry is a live map value, and no other lock is held.
        let mut client = unsafe { Locked::new(entry) };
        let answer = client.client().enter(share_of(share), limit);
        drop(client);
        match answer {
            Entry::Granted => return 0,
            Entry::Refused => return 1,
            Entry::Gone => {}
        }
    }
    1
}

/// [`leave`]. A global function: see [`crate::feed`].
///
/// # Safety
/// `address` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_leave(address: *const Address, zone: u32, share: u32) -> u64 {
    // SAFETY: the caller gives a valid pointer, if it is not null.
    let Some(key) = key(unsafe { address.as_ref() }, zone, share) else {
        return 0;
    };
    let Some(entry) = CLIENTS.get_ptr_mut(&*key) else {
        return 0;
    };
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut client = unsafe { Locked::new(entry) };
    let empty = client.client().leave(share_of(share));
    drop(client);
    if empty {
        let _: Result<(), i32> = CLIENTS.remove(&*key);
    }
    0
}

/// Where a client's share is counted.
#[inline(always)]
fn key(address: Option<&Address>, zone: u32, share: u32) -> Option<&'static mut ClientKey> {
    let key = scratch::client_key()?;
    *key = if share == Share::PickUp as u32 {
        ClientKey::default()
    } else {
        ClientKey::of(address?, zone)
    };
    Some(key)
}

#[inline(always)]
const fn share_of(number: u32) -> Share {
    if number == Share::Flow as u32 {
        Share::Flow
    } else {
        Share::Session
    }
}

/// A client's entry whose lock is held until the end of the scope; see [`crate::lock`].
struct Locked(*mut ClientEntry);

impl Locked {
    /// # Safety
    /// `entry` must be a live value pointer of the client map, and no other lock may be held.
    #[inline(always)]
    unsafe fn new(entry: *mut ClientEntry) -> Self {
        // SAFETY: the caller gives a live map value, and the lock is its field.
        unsafe {
            generated::bpf_spin_lock((&raw mut (*entry).lock).cast::<bindings::bpf_spin_lock>());
        }
        Self(entry)
    }

    #[inline(always)]
    fn client(&mut self) -> &mut ftp_track_common::client::Client {
        // SAFETY: the entry is live (see `new`), and the lock is held.
        unsafe { &mut (*self.0).client }
    }
}

impl Drop for Locked {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the entry is live (see `new`), and the lock is held.
        unsafe {
            generated::bpf_spin_unlock((&raw mut (*self.0).lock).cast::<bindings::bpf_spin_lock>());
        }
    }
}
