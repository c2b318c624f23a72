//! Removes entries whose time was over long ago, and puts counts of clients right.
//!
//! The kernel programs check an entry's time wherever they use it, and take out what is over
//! themselves. What they do not know of is left to the daemon: entries that somebody put in or took
//! out by hand.
//!
//! Between looking at an entry and removing it, a packet could put a new one under the same key;
//! the moment is short, and a peer that meets it tries again.

use ftp_track_common::{
    event::{Event, EventKind},
    expectation::Presence,
    reason::Reason,
};

use tracing::warn;

use super::census::Census;
use crate::{
    clock,
    map::{Error, Maps},
    record,
};

/// How long an entry's time has to be over before the kernel programs are taken to have missed it.
const GRACE: u64 = 10_000_000_000;
/// Entries that are looked at before other work gets its turn.
const STRIDE: usize = 512;

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
    for keys in maps.flows.keys()?.chunks(STRIDE) {
        for key in keys {
            let Some(flow) = maps.flows.get(key)? else {
                continue;
            };
            census.flow(&flow);
            let is_over = flow.is_expired(long_ago());
            let told = flow.ended != 0 || flow.is_revoked();
            if is_over && maps.flows.remove(key)? && !told {
                events.push(record::flow_end(key, &flow, Reason::Idle));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn sweep_expectations(maps: &mut Maps, events: &mut Vec<Event>) -> Result<(), Error> {
    for keys in maps.expectations.keys()?.chunks(STRIDE) {
        for key in keys {
            // The expectation first: an id that the session no longer has is gone for good.
            let Some(expectation) = maps.expectations.get(key)? else {
                continue;
            };
            let entry = maps.sessions.get(&expectation.master)?;
            let session = entry.as_ref().map(|entry| &entry.session);
            let binding = session.map(|session| session.binding);
            let session = session.map(|session| (session.id, &session.conversation.pending));
            let presence = expectation.presence(session, long_ago());
            if presence != Presence::Due
                && maps.expectations.remove(key)?
                && presence == Presence::Expired
            {
                let (kind, reason) = (EventKind::ExpectationEnd, Reason::Expired);
                let record = record::expectation(kind, key, &expectation, reason);
                events.push(Event {
                    binding: binding.unwrap_or_default(),
                    ..record
                });
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn sweep_sessions(
    maps: &mut Maps,
    census: &mut Census,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    for keys in maps.sessions.keys()?.chunks(STRIDE) {
        for key in keys {
            let Some(entry) = maps.sessions.get(key)? else {
                continue;
            };
            let session = &entry.session;
            census.session(session);
            let is_over = session.is_expired(long_ago());
            if is_over && maps.sessions.remove(key)? && session.ended == 0 {
                events.push(record::session_end(key, session, Reason::Idle));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}
