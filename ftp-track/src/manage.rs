//! What an administrator does to the maps by hand: in the daemon, which tells its followers, or,
//! where none runs, on what it left.

use ftp_track_common::{
    event::{Event, EventKind},
    expectation::{BY_HAND, Expectation},
    reason::Reason,
    request::RequestKind,
    session::Session,
    tuple::{ExpectationKey, FlowKey, SessionKey},
};

use crate::{
    clock,
    control::{self, Ends, Key, Request, What},
    map::{Error, Maps, Walk},
    record,
};

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// What it was, in one sentence.
    pub sentence: String,
    /// The events that tell of it.
    pub events: Vec<Event>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such entry.
    #[error("there is no {0}; `ftp-track list` shows what there is")]
    Missing(Key),
    /// The key cannot be.
    #[error(transparent)]
    Key(#[from] control::ParseKeyError),
    /// The policy ended it, and its entry is what keeps it so.
    #[error(
        "the {0} stays, because `ftp-track reload --apply-to-flows` revoked it: without its entry, enforce mode would \
         let its packets pass; it goes by itself, an hour after its last packet at the earliest"
    )]
    Revoked(Key),
    /// There is one already.
    #[error("there is an {0} already")]
    Exists(Key),
    /// The expectation's time makes no sense.
    #[error("an expectation waits from 1 second to one day")]
    Lifetime,
    /// It is nothing that is done to the maps.
    #[error("this takes a running daemon")]
    NeedsDaemon,
    /// A map.
    #[error(transparent)]
    Map(#[from] Error),
}

/// The longest time that an expectation made by hand waits, in seconds.
const LONGEST: u64 = 24 * 3600;

/// Does what `request` asks of the maps.
pub fn manage(maps: &mut Maps, request: &Request) -> Result<Done, Refusal> {
    let done = match request {
        Request::Flush { what } => flush(maps, *what)?,
        Request::Delete { key } => delete(maps, key)?,
        Request::Add {
            from,
            to,
            lifetime,
            zone,
        } => {
            let ends = Ends::Expectation(*from, *to);
            add(maps, Key { ends, zone: *zone }, *lifetime)?
        }
        Request::Status | Request::Stop | Request::Reload { .. } => {
            return Err(Refusal::NeedsDaemon);
        }
    };
    Ok(done)
}

fn flush(maps: &mut Maps, what: What) -> Result<Done, Refusal> {
    let mut events = Vec::new();
    let mut revoked = 0;
    match what {
        What::Sessions => {
            let mut walk = Walk::default();
            while let Some(entries) = maps.sessions.next(&mut walk)? {
                for (key, _) in entries {
                    events.extend(delete_session(maps, &key)?);
                }
            }
        }
        What::Expectations => {
            let mut walk = Walk::default();
            while let Some(entries) = maps.expectations.next(&mut walk)? {
                for (key, _) in entries {
                    events.extend(delete_expectation(maps, &key)?);
                }
            }
        }
        What::Flows => {
            let mut walk = Walk::default();
            while let Some(entries) = maps.flows.next(&mut walk)? {
                for (key, flow) in entries {
                    if flow.is_revoked() {
                        revoked += 1;
                    } else {
                        events.extend(delete_flow(maps, &key)?);
                    }
                }
            }
        }
    }
    let count = events.len();
    maps.counters.add(Reason::RemovedByHand, count as u64)?;
    let removed = format!("removed {count} {}", what.word(count));
    let sentence = match revoked {
        0 => removed,
        1 => format!("{removed}; 1 revoked one stays until its time is over"),
        _ => format!("{removed}; {revoked} revoked ones stay until their time is over"),
    };
    Ok(Done { sentence, events })
}

fn delete(maps: &mut Maps, key: &Key) -> Result<Done, Refusal> {
    key.check()?;
    let zone = key.zone;
    let event = match key.ends {
        Ends::Session(client, server) => {
            delete_session(maps, &control::session_key(client.0, server.0, zone))?
        }
        Ends::Expectation(from, to) => {
            delete_expectation(maps, &control::expectation_key(from, to.0, zone))?
        }
        Ends::Flow(one, other) => {
            let place = control::flow_key(one.0, other.0, zone);
            if maps
                .flows
                .get(&place)?
                .is_some_and(|flow| flow.is_revoked())
            {
                return Err(Refusal::Revoked(*key));
            }
            delete_flow(maps, &place)?
        }
    };
    let event = event.ok_or(Refusal::Missing(*key))?;
    maps.counters.add(Reason::RemovedByHand, 1)?;
    Ok(Done {
        sentence: format!("removed {key}"),
        events: vec![event],
    })
}

fn delete_session(maps: &mut Maps, key: &SessionKey) -> Result<Option<Event>, Error> {
    let Some(entry) = maps.sessions.get(key)? else {
        return Ok(None);
    };
    let session: &Session = &entry.session;
    let removed = maps.sessions.remove(key)?;
    Ok(removed.then(|| record::session_end(key, session, Reason::RemovedByHand)))
}

fn delete_expectation(maps: &mut Maps, key: &ExpectationKey) -> Result<Option<Event>, Error> {
    let Some(expectation) = maps.expectations.get(key)? else {
        return Ok(None);
    };
    let removed = maps.expectations.remove(key)?;
    let (kind, reason) = (EventKind::ExpectationEnd, Reason::RemovedByHand);
    Ok(removed.then(|| record::expectation(kind, key, &expectation, reason)))
}

fn delete_flow(maps: &mut Maps, key: &FlowKey) -> Result<Option<Event>, Error> {
    let Some(flow) = maps.flows.get(key)? else {
        return Ok(None);
    };
    let removed = maps.flows.remove(key)?;
    Ok(removed.then(|| record::flow_end(key, &flow, Reason::RemovedByHand)))
}

fn add(maps: &mut Maps, key: Key, lifetime: u64) -> Result<Done, Refusal> {
    key.check()?;
    let Ends::Expectation(from, to) = key.ends else {
        return Err(Refusal::NeedsDaemon);
    };
    if !(1..=LONGEST).contains(&lifetime) {
        return Err(Refusal::Lifetime);
    }
    let now = clock::monotonic();
    let place = control::expectation_key(from, to.0, key.zone);
    let expectation = Expectation {
        master: SessionKey {
            client: place.initiator,
            server: place.responder,
            zone: place.zone,
            ..SessionKey::default()
        },
        session: BY_HAND,
        created: now,
        expires: now + lifetime * 1_000_000_000,
        id: 1,
        // The way of a client: it connects, and the server listens.
        kind: RequestKind::Pasv as u8,
        ..Expectation::default()
    };
    if let Some(old) = maps.expectations.get(&place)? {
        if now < old.expires {
            return Err(Refusal::Exists(key));
        }
        maps.expectations.remove(&place)?;
    }
    if !maps.expectations.insert_new(&place, &expectation)? {
        return Err(Refusal::Exists(key));
    }
    let event = record::expectation(
        EventKind::ExpectationNew,
        &place,
        &expectation,
        Reason::None,
    );
    Ok(Done {
        sentence: format!("added {key}, for one connection within {lifetime} seconds"),
        events: vec![event],
    })
}
