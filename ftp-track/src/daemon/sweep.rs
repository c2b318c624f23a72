//! Removes entries whose time was over long ago, and puts counts of clients right.
//!
//! The kernel programs check an entry's time wherever they use it, and take out what is over
//! themselves. What they do not know of is left to the daemon: entries that somebody put in or took
//! out by hand.
//!
//! Between looking at an entry and removing it, a packet could put a new one under the same key;
//! the moment is short, and a peer that meets it tries again.

use std::time::Duration;

use ftp_track_common::{
    event::{Event, EventKind},
    expectation::Presence,
    reason::Reason,
};

use nix::time::{ClockId, clock_gettime};
use tokio::task::yield_now;
use tracing::warn;

use super::census::Census;
use crate::{
    clock,
    map::{Error, Maps, Walk},
    record,
};

/// How long an entry's time has to be over before the kernel programs are taken to have missed it.
const GRACE: u64 = 10_000_000_000;
/// The shortest time from one sweep to the next.
pub const PAUSE: Duration = Duration::from_secs(5);
/// The longest.
const LONGEST: Duration = Duration::from_secs(3600);
/// How much longer than a sweep the pause behind it is: with many entries the daemon looks more rarely,
/// so that it never takes more than a small part of a CPU.
const REST: u32 = 10_000;

/// How long this thread has had a CPU.
pub fn time_used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// The time from a sweep that `took` so long to the next.
pub fn pause(took: Duration) -> Duration {
    took.saturating_mul(REST).clamp(PAUSE, LONGEST)
}

fn long_ago() -> u64 {
    clock::monotonic().saturating_sub(GRACE)
}

/// Removes what is over; the events say what no one has reported yet.
pub async fn sweep(maps: &mut Maps, census: &mut Census) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    sweep_flows(maps, census, &mut events).await?;
    // Expectations before sessions: they are judged by what their session says.
    sweep_expectations(maps, &mut events).await?;
    sweep_sessions(maps, census, &mut events).await?;
    let wrong = census.end(maps)?;
    if wrong != 0 {
        warn!("the counts of {wrong} clients were wrong, and have been put right");
    }
    Ok(events)
}

async fn sweep_flows(
    maps: &mut Maps,
    census: &mut Census,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    let mut walk = Walk::default();
    while let Some(entries) = maps.flows.next(&mut walk)? {
        for (key, flow) in entries {
            census.flow(&flow);
            if !flow.is_expired(long_ago()) {
                continue;
            }
            // It was read a moment ago.
            let Some(flow) = maps.flows.get(&key)? else {
                continue;
            };
            let is_over = flow.is_expired(long_ago());
            let told = flow.ended != 0 || flow.is_revoked();
            if is_over && maps.flows.remove(&key)? && !told {
                events.push(record::flow_end(&key, &flow, Reason::Idle));
            }
        }
        // Other work gets its turn.
        yield_now().await;
    }
    Ok(())
}

async fn sweep_expectations(maps: &mut Maps, events: &mut Vec<Event>) -> Result<(), Error> {
    let mut walk = Walk::default();
    while let Some(entries) = maps.expectations.next(&mut walk)? {
        for (key, expectation) in entries {
            // What a session gave up goes when its time is over, at the latest.
            if long_ago() < expectation.expires {
                continue;
            }
            // The expectation first: an id that the session no longer has is gone for good.
            let Some(expectation) = maps.expectations.get(&key)? else {
                continue;
            };
            let entry = maps.sessions.get(&expectation.master)?;
            let session = entry.as_ref().map(|entry| &entry.session);
            let binding = session.map(|session| session.binding);
            let session = session.map(|session| (session.id, &session.conversation.pending));
            let presence = expectation.presence(session, long_ago());
            if presence != Presence::Due
                && maps.expectations.remove(&key)?
                && presence == Presence::Expired
            {
                let (kind, reason) = (EventKind::ExpectationEnd, Reason::Expired);
                let record = record::expectation(kind, &key, &expectation, reason);
                events.push(Event {
                    binding: binding.unwrap_or_default(),
                    ..record
                });
            }
        }
        yield_now().await;
    }
    Ok(())
}

async fn sweep_sessions(
    maps: &mut Maps,
    census: &mut Census,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    let mut walk = Walk::default();
    while let Some(entries) = maps.sessions.next(&mut walk)? {
        for (key, entry) in entries {
            census.session(&entry.session);
            if !entry.session.is_expired(long_ago()) {
                continue;
            }
            // It was read a moment ago.
            let Some(entry) = maps.sessions.get(&key)? else {
                continue;
            };
            let session = &entry.session;
            let is_over = session.is_expired(long_ago());
            if is_over && maps.sessions.remove(&key)? && session.ended == 0 {
                events.push(record::session_end(&key, session, Reason::Idle));
            }
        }
        yield_now().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_cpu_has_a_bound() {
        for (took, expect) in [
            (Duration::ZERO, PAUSE),
            (Duration::from_micros(499), PAUSE),
            (Duration::from_millis(100), Duration::from_secs(1000)),
            (Duration::from_secs(1), LONGEST),
        ] {
            assert_eq!(pause(took), expect);
        }
    }
}
