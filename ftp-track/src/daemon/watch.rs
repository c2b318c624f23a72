//! Waiting for a ring buffer: the one place of the daemon that the compiler cannot check.
#![expect(
    unsafe_code,
    reason = "tokio cannot prove that a descriptor stays what it is"
)]

use std::io;

use tokio::io::{Interest, unix::AsyncFd};

use super::tracker::Events;

/// Registers a ring buffer with the runtime, to be told when it has records.
pub fn watch(events: Events) -> io::Result<AsyncFd<Events>> {
    // SAFETY: the ring buffer owns its map, and the map owns the descriptor: it is open, it is
    // always the same one, and only dropping the ring buffer, which `AsyncFd` does last, closes it.
    let watched = unsafe { AsyncFd::register_with_interest(events, Interest::READABLE) };
    Ok(watched?)
}
