//! The lock of a session.
//!
//! Both directions of a control connection may be on two CPUs at once, and both change what was
//! asked and answered. Every read and write of that state happens through [`Locked`], so no update
//! is lost; user space reads sessions with `BPF_F_LOCK`, so it sees no half-written one. Only the
//! two parsers are outside: each belongs to one direction, and `Session::receive` gives a direction
//! to one CPU at a time, under the lock.

use core::ops::{Deref, DerefMut};

use aya_ebpf::{bindings, helpers::generated};
use ftp_track_common::{layout::SessionEntry, session::Session};

/// A session whose lock is held until the end of the scope. No helper and no function may be called
/// meanwhile; the kernel refuses to load a program in which that can happen.
pub struct Locked(*mut SessionEntry);

impl Locked {
    /// Takes the lock.
    ///
    /// # Safety
    /// `entry` must be a live value pointer of the session map, and no other lock may be held.
    #[inline(always)]
    pub unsafe fn new(entry: *mut SessionEntry) -> Self {
        // SAFETY: the caller gives a live map value, and the lock is its field.
        unsafe {
            generated::bpf_spin_lock((&raw mut (*entry).lock).cast::<bindings::bpf_spin_lock>());
        }
        Self(entry)
    }
}

impl Deref for Locked {
    type Target = Session;

    #[inline(always)]
    fn deref(&self) -> &Session {
        // SAFETY: the entry is live (see `new`), and the lock is held.
        unsafe { &(*self.0).session }
    }
}

impl DerefMut for Locked {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Session {
        // SAFETY: the entry is live (see `new`), and the lock is held.
        unsafe { &mut (*self.0).session }
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
