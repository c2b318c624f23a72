//! The story of control connections, and of the data connections that were tried beside them.

mod attempt;
mod note;
mod text;
mod why;

use std::fmt;

use ftp_track_common::{
    address::Address,
    attempt::{Attempt, HostPair},
    expectation::ExpectationKind,
    history::History,
    session::Session,
    tuple::SessionKey,
};
use serde::Serialize;

pub use self::{attempt::AttemptView, note::NoteView};
use super::{Endpoint, PendingView, Seconds, SessionState};

/// What the maps say of one control connection.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Its two ends.
    pub key: SessionKey,
    /// The session, while it is in its map.
    pub session: Option<Session>,
    /// What it said last.
    pub history: History,
}

/// So many control connections are shown.
const SHOWN: usize = 8;

/// The story of one control connection.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoryView {
    /// The side that sends commands.
    pub client: Endpoint,
    /// The side that sends replies.
    pub server: Endpoint,
    /// The conntrack zone that it is in; 0 is the default one.
    pub zone: u32,
    /// Its number.
    pub id: u64,
    /// What it is at; none when it has left its map.
    pub state: Option<SessionState>,
    /// Notes that are no longer kept.
    pub forgotten: u64,
    /// The last commands and replies that mattered, oldest first.
    pub notes: Vec<NoteView>,
    /// The data connection that is awaited or in use.
    pub pending: Option<PendingView>,
    /// What may happen next, in a sentence.
    pub now: String,
}

/// Control connections between two hosts, and the new connections between them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ExplainView {
    /// Older control connections that are left out.
    pub older: usize,
    /// The control connections, the newest last.
    pub control_connections: Vec<StoryView>,
    /// New connections to other ports, oldest first.
    pub attempts: Vec<AttemptView>,
}

impl StoryView {
    fn of(story: &Story, now: u64) -> Self {
        let key = &story.key;
        let notes: Vec<NoteView> = story
            .history
            .kept()
            .map(|note| NoteView::of(note, key, now))
            .collect();
        let pending = story
            .session
            .and_then(|session| PendingView::of(&session.conversation.pending, now));
        Self {
            client: Endpoint::new(&key.client, key.client_port),
            server: Endpoint::new(&key.server, key.server_port),
            zone: key.zone,
            id: story.history.session,
            state: story.session.as_ref().map(SessionState::of),
            forgotten: story.history.count - notes.len() as u64,
            notes,
            pending,
            now: outlook(story, now),
        }
    }
}

impl ExplainView {
    /// The view of what was gathered; `lifetime` is that of expectations, in nanoseconds.
    pub fn of(
        stories: &[Story],
        attempts: &[(HostPair, Attempt)],
        lifetime: u64,
        now: u64,
    ) -> Self {
        // What has the same addresses in another zone is between other hosts.
        let view = |(pair, attempt): &(HostPair, Attempt)| {
            let stories = stories.iter().filter(|story| story.key.zone == pair.zone);
            let attempts = attempts.iter().filter(|(other, _)| other.zone == pair.zone);
            let (stories, attempts): (Vec<_>, Vec<_>) =
                (stories.copied().collect(), attempts.copied().collect());
            AttemptView::of(pair, attempt, &stories, &attempts, lifetime, now)
        };
        let older = stories.len().saturating_sub(SHOWN);
        Self {
            older,
            control_connections: stories[older..]
                .iter()
                .map(|story| StoryView::of(story, now))
                .collect(),
            attempts: attempts.iter().map(view).collect(),
        }
    }
}

/// What may happen next.
fn outlook(story: &Story, now: u64) -> String {
    let Some(session) = &story.session else {
        return "It is over, and nothing is expected any more.".to_owned();
    };
    match SessionState::of(session) {
        SessionState::Ended => return "It has ended, and nothing is expected any more.".to_owned(),
        SessionState::Opaque => {
            return "It is encrypted and not read: nothing is expected from it.".to_owned();
        }
        SessionState::NotFtp => return "It is no FTP: nothing is expected from it.".to_owned(),
        SessionState::Greeting => {
            return "The server has not greeted yet: nothing is expected.".to_owned();
        }
        SessionState::Clear => {}
    }
    let pending = &session.conversation.pending;
    let Some(kind) = ExpectationKind::of_request(pending.kind).filter(|_| pending.is_some()) else {
        return "No data connection is expected now.".to_owned();
    };
    let target = match pending.third() {
        Some(third) => between(&story.key.server, Endpoint::new(third, pending.port)),
        None => target(kind, &story.key, pending.port),
    };
    if pending.is_used() {
        format!("A data connection {target} has come; it is not let in twice.")
    } else if now < pending.expires {
        let left = super::duration(Seconds::between(now, pending.expires));
        format!("A data connection {target} is expected for another {left}.")
    } else {
        let ago = super::duration(Seconds::between(pending.expires, now));
        format!("A data connection {target} was expected until {ago} ago.")
    }
}

/// `from 10.0.1.2 to 10.0.0.2:50000`.
fn target(kind: ExpectationKind, master: &SessionKey, port: u16) -> String {
    let key = kind.key(master, port);
    between(&key.initiator, Endpoint::new(&key.responder, port))
}

fn between(from: &Address, to: impl fmt::Display) -> String {
    format!("from {} to {to}", super::address(from))
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{address::Address, request::RequestKind};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn outlooks() {
        let key = SessionKey {
            client: Address::from_v4([10, 0, 0, 2]),
            server: Address::from_v4([10, 0, 1, 2]),
            client_port: 40_000,
            server_port: 21,
            zone: 0,
        };
        let mut session = Session::default();
        session.conversation.open(false);
        let at = |session: Option<Session>, now| {
            let history = History::default();
            outlook(
                &Story {
                    key,
                    session,
                    history,
                },
                now,
            )
        };
        assert!(at(None, 0).contains("is over"));
        assert_eq!(at(Some(session), 0), "No data connection is expected now.");
        let pending = &mut session.conversation.pending;
        pending.arm(1, RequestKind::Port as u8, 50_000, 60 * SECOND);
        assert_eq!(
            at(Some(session), 18 * SECOND),
            "A data connection from 10.0.1.2 to 10.0.0.2:50000 is expected for another 42s."
        );
        assert_eq!(
            at(Some(session), 72 * SECOND),
            "A data connection from 10.0.1.2 to 10.0.0.2:50000 was expected until 12s ago."
        );
        session.conversation.pending.take(1, 0).unwrap();
        assert!(at(Some(session), 0).contains("not let in twice"));
        session.conversation.open(true);
        assert!(at(Some(session), 0).contains("has not greeted"));
        session.conversation.client_speaks();
        assert!(at(Some(session), 0).contains("no FTP"));
        session.ended = 1;
        assert!(at(Some(session), 0).contains("has ended"));
    }
}
