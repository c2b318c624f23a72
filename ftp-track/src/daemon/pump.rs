//! Takes events out of the ring buffer.

use std::io;
use std::time::Duration;

use ftp_track_common::event::Event;
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::{tracker::Events, watch::watch};

/// Records that are handed out at once: about as many as the runtime lets a follower take in one
/// turn, so that a flood neither keeps the daemon from its other work nor outruns its followers.
const BATCH: usize = 64;

/// How long the first record waits for others. The kernel wakes up nobody for a record behind one that
/// was not taken yet (`bpf_ringbuf_commit`, kernel/bpf/ringbuf.c), and a packet that has to wake up
/// another CPU is late by more than all else that is done to it. A flood fills a fifth of the ring
/// meanwhile.
const GATHER: Duration = Duration::from_millis(5);

/// The reader of the ring buffer.
pub struct Pump {
    events: AsyncFd<Events>,
    /// When to take what there is, if it was told that there is something.
    due: Option<Instant>,
    strange: bool,
}

impl Pump {
    /// A reader; needs the runtime.
    pub fn new(events: Events) -> io::Result<Self> {
        Ok(Self {
            events: watch(events)?,
            due: None,
            strange: false,
        })
    }

    /// Waits for records and takes at most a batch of them. Safe to be cancelled.
    pub async fn next(&mut self) -> io::Result<Vec<Event>> {
        let mut ready = self.events.readable_mut().await?;
        let due = self.due.get_or_insert_with(|| Instant::now() + GATHER);
        sleep_until(*due).await;
        let batch = take(ready.get_inner_mut(), &mut self.strange);
        if batch.len() < BATCH {
            ready.clear_ready();
            self.due = None;
        }
        Ok(batch)
    }

    /// What there is when nobody waits any longer: at most a batch.
    pub fn rest(&mut self) -> Vec<Event> {
        take(self.events.get_mut(), &mut self.strange)
    }
}

/// Takes at most a batch of records.
fn take(ring: &mut Events, strange: &mut bool) -> Vec<Event> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        let Some(item) = ring.next() else {
            break;
        };
        match bytemuck::try_pod_read_unaligned::<Event>(&item) {
            Ok(event) => batch.push(event),
            Err(_) if *strange => {}
            Err(_) => {
                *strange = true;
                warn!(
                    "the kernel programs write records of {} bytes: skipped",
                    item.len()
                );
            }
        }
    }
    batch
}
