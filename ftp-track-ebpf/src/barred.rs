//! Connections that nobody picks up in their middle, although the tracker has forgotten them.
//!
//! A browser can be made to write a whole control connection into the body of a request. The request
//! before it shows what it is (`Session::is_doubtful`), and somebody who plays the server may end the
//! session behind it with a RST that never arrives. What was known of it outlives it here.
//! So does what found no room when it began: nobody has read how.

use ftp_track_common::{reason::Reason, tuple::SessionKey};

use crate::{counter::count, map::BARRED};

/// Bars a connection until it begins anew.
#[inline(always)]
pub fn enter(key: &SessionKey, now: u64) {
    let _: Result<(), i32> = BARRED.insert(key, &now, 0);
}

/// A session has left its map. `is_doubtful`: it may not be picked up.
#[inline(always)]
pub fn forget(key: &SessionKey, is_doubtful: bool, now: u64) {
    if is_doubtful {
        enter(key, now);
    } else {
        // That of an earlier connection with the same ports.
        let _: Result<(), i32> = BARRED.remove(key);
    }
}

/// Whether a connection may be picked up; counts it if not.
#[inline(always)]
pub fn admits(key: &SessionKey) -> bool {
    // SAFETY: of the value nothing is read.
    if unsafe { BARRED.get(key) }.is_none() {
        return true;
    }
    count(Reason::Barred);
    false
}
