//! Removes entries whose time is over.
//!
//! The kernel programs check an entry's time wherever they use it, so sweeping only makes room.
//! Between looking at an entry and removing it, a packet could put a new one under the same key;
//! the moment is short, and a peer that meets it tries again.

use ftp_track_common::{
    config::Config,
    event::{self, Event, EventKind},
    expectation::Expectation,
    flow::Flow,
    reason::Reason,
    session::Session,
    tuple::{ExpectationKey, FlowKey, SessionKey, Tuple},
};

use crate::{
    clock,
    map::{Error, Maps},
};

/// Entries that are looked at before other work gets its turn.
const STRIDE: usize = 512;

/// Removes what is over; the events say what no one has reported yet.
pub async fn sweep(maps: &mut Maps) -> Result<Vec<Event>, Error> {
    let config = maps.settings.get()?;
    let mut events = Vec::new();
    sweep_flows(maps, &config, &mut events).await?;
    // Expectations before sessions: they are judged by what their session says.
    sweep_expectations(maps, &mut events).await?;
    sweep_sessions(maps, &config, &mut events).await?;
    Ok(events)
}

async fn sweep_flows(
    maps: &mut Maps,
    config: &Config,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    for keys in maps.flows.keys()?.chunks(STRIDE) {
        for key in keys {
            let Some(flow) = maps.flows.get(key)? else {
                continue;
            };
            let is_over = flow.is_expired(config, clock::monotonic());
            if is_over && maps.flows.remove(key)? && flow.ended == 0 {
                events.push(idle_flow(key, &flow));
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
            let verdict = judge(&expectation, session, clock::monotonic());
            if verdict != Verdict::Keep
                && maps.expectations.remove(key)?
                && verdict == Verdict::Expired
            {
                events.push(expired_expectation(key, &expectation));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn sweep_sessions(
    maps: &mut Maps,
    config: &Config,
    events: &mut Vec<Event>,
) -> Result<(), Error> {
    for keys in maps.sessions.keys()?.chunks(STRIDE) {
        for key in keys {
            let Some(entry) = maps.sessions.get(key)? else {
                continue;
            };
            let session = &entry.session;
            let is_over = session.is_expired(config.session_idle, clock::monotonic());
            if is_over && maps.sessions.remove(key)? && session.ended == 0 {
                events.push(idle_session(key, session));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Keep,
    /// Its time was over, and nobody had used it.
    Expired,
    /// It was used, or its session gave it up: that was reported.
    Forgotten,
}

fn judge(expectation: &Expectation, session: Option<&Session>, now: u64) -> Verdict {
    let Some(session) = session.filter(|session| session.id == expectation.session) else {
        return Verdict::Forgotten;
    };
    if expectation.id == 0 {
        // PORT or EPRT that waits for the server's answer; nothing has been reported of it.
        return if now < expectation.expires {
            Verdict::Keep
        } else {
            Verdict::Forgotten
        };
    }
    let pending = &session.conversation.pending;
    if !pending.is_some() || pending.id != expectation.id {
        Verdict::Forgotten
    } else if now < expectation.expires {
        Verdict::Keep
    } else if pending.is_used() {
        Verdict::Forgotten
    } else {
        Verdict::Expired
    }
}

fn event(kind: EventKind, reason: Reason, master: SessionKey, session: u64, tuple: Tuple) -> Event {
    Event {
        version: event::VERSION,
        kind: kind as u8,
        reason: reason as u8,
        time: clock::monotonic(),
        session,
        master,
        tuple,
        ..Event::default()
    }
}

fn idle_session(key: &SessionKey, session: &Session) -> Event {
    let tuple = Tuple {
        source: key.client,
        destination: key.server,
        source_port: key.client_port,
        destination_port: key.server_port,
        zone: key.zone,
    };
    event(EventKind::SessionEnd, Reason::Idle, *key, session.id, tuple)
}

fn expired_expectation(key: &ExpectationKey, expectation: &Expectation) -> Event {
    let tuple = Tuple {
        source: key.initiator,
        destination: key.responder,
        source_port: 0,
        destination_port: key.responder_port,
        zone: key.zone,
    };
    let (master, session) = (expectation.master, expectation.session);
    Event {
        expectation: expectation.id,
        request: expectation.kind,
        ..event(
            EventKind::ExpectationEnd,
            Reason::Expired,
            master,
            session,
            tuple,
        )
    }
}

fn idle_flow(key: &FlowKey, flow: &Flow) -> Event {
    let low = (key.low, key.low_port);
    let high = (key.high, key.high_port);
    let (from, to) = if flow.initiator_is_low != 0 {
        (low, high)
    } else {
        (high, low)
    };
    let tuple = Tuple {
        source: from.0,
        destination: to.0,
        source_port: from.1,
        destination_port: to.1,
        zone: key.zone,
    };
    Event {
        expectation: flow.expectation,
        request: flow.kind,
        ..event(
            EventKind::FlowEnd,
            Reason::Idle,
            flow.master,
            flow.session,
            tuple,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = 1000;

    #[test]
    fn expectations() {
        let expectation = Expectation {
            session: 7,
            id: 2,
            expires: END,
            ..Expectation::default()
        };
        let mut session = Session::default();
        session.id = 7;
        let judged = |session: &Session, now| judge(&expectation, Some(session), now);
        assert_eq!(
            judge(&expectation, None, 0),
            Verdict::Forgotten,
            "no session"
        );
        assert_eq!(judged(&session, 0), Verdict::Forgotten, "nothing pending");
        session.conversation.pending.arm(2, 3, 5000, END);
        assert_eq!(judged(&session, 0), Verdict::Keep);
        assert_eq!(judged(&session, END), Verdict::Expired);
        session.conversation.pending.take(2, 0).unwrap();
        assert_eq!(judged(&session, 0), Verdict::Keep, "a RST may give it back");
        assert_eq!(judged(&session, END), Verdict::Forgotten);
        session.conversation.pending.arm(3, 3, 5001, END);
        assert_eq!(judged(&session, 0), Verdict::Forgotten, "replaced");
        session.conversation.pending.arm(2, 3, 5000, END);
        session.id = 8;
        assert_eq!(judged(&session, 0), Verdict::Forgotten, "another session");
    }

    #[test]
    fn the_initiator_is_the_source() {
        use ftp_track_common::address::Address;
        let key = FlowKey {
            low: Address::from_v4([10, 0, 0, 1]),
            high: Address::from_v4([10, 0, 0, 2]),
            low_port: 1,
            high_port: 2,
            zone: 0,
        };
        let mut flow = Flow::default();
        assert_eq!(idle_flow(&key, &flow).tuple.source_port, 2);
        flow.initiator_is_low = 1;
        assert_eq!(idle_flow(&key, &flow).tuple.source_port, 1);
    }
}
