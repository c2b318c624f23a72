//! Takes events out of the ring buffer.

use std::io;

use ftp_track_common::event::Event;
use tokio::io::unix::AsyncFd;
use tracing::warn;

use super::{tracker::Events, watch::watch};

/// Records that are handed out at once: about as many as the runtime lets a follower take in one
/// turn, so that a flood neither keeps the daemon from its other work nor outruns its followers.
const BATCH: usize = 64;

/// The reader of the ring buffer.
pub struct Pump {
    events: AsyncFd<Events>,
    strange: bool,
}

impl Pump {
    /// A reader; needs the runtime.
    pub fn new(events: Events) -> io::Result<Self> {
        Ok(Self {
            events: watch(events)?,
            strange: false,
        })
    }

    /// Waits for records and takes at most a batch of them. Safe to be cancelled.
    pub async fn next(&mut self) -> io::Result<Vec<Event>> {
        let mut ready = self.events.readable_mut().await?;
        let ring = ready.get_inner_mut();
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            let Some(item) = ring.next() else {
                break;
            };
            match bytemuck::try_pod_read_unaligned::<Event>(&item) {
                Ok(event) => batch.push(event),
                Err(_) if self.strange => {}
                Err(_) => {
                    self.strange = true;
                    warn!(
                        "the kernel programs write records of {} bytes: skipped",
                        item.len()
                    );
                }
            }
        }
        if batch.len() < BATCH {
            ready.clear_ready();
        }
        Ok(batch)
    }
}
