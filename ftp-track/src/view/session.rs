//! A control connection as it is shown.

use ftp_track_common::{
    expectation::{ExpectationKind, Pending},
    session::Session,
    tuple::SessionKey,
};
use serde::Serialize;

use super::{Endpoint, ExpectationState, Seconds, TableRow, duration, zone};

/// What a control connection is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The server has not greeted yet.
    Greeting,
    /// Commands and replies are read.
    Clear,
    /// Encrypted after AUTH: not read.
    Opaque,
    /// The peers do not speak FTP.
    NotFtp,
    /// Closed; kept a little for late segments.
    Ended,
}

impl SessionState {
    /// The state of a session.
    pub fn of(session: &Session) -> Self {
        if session.ended != 0 {
            Self::Ended
        } else if session.conversation.is_not_ftp() {
            Self::NotFtp
        } else if session.conversation.is_opaque() {
            Self::Opaque
        } else if session.conversation.awaits_greeting() {
            Self::Greeting
        } else {
            Self::Clear
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Clear => "clear",
            Self::Opaque => "opaque",
            Self::NotFtp => "not FTP",
            Self::Ended => "ended",
        }
    }
}

/// The data connection that a session waits for or has.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PendingView {
    /// Whether it may still be used.
    pub state: ExpectationState,
    /// PORT, EPRT, PASV or EPSV.
    pub request: &'static str,
    /// The announced port.
    pub port: u16,
}

impl PendingView {
    pub(super) fn of(pending: &Pending, now: u64) -> Option<Self> {
        Some(Self {
            state: ExpectationState::of(pending, pending.id, now)?,
            request: ExpectationKind::of_request(pending.kind)?.name(),
            port: pending.port,
        })
    }
}

/// A control connection.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SessionView {
    /// The side that sends commands.
    pub client: Endpoint,
    /// The side that sends replies.
    pub server: Endpoint,
    /// The conntrack zone that it is in; 0 is the default one.
    pub zone: u32,
    /// What it is at.
    pub state: SessionState,
    /// Its number, the same in events, expectations and flows.
    pub id: u64,
    /// It was older than the tracker.
    pub picked_up: bool,
    /// Both sides have been seen to take part.
    pub confirmed: bool,
    /// Commands seen.
    pub commands: u32,
    /// Commands that have their final reply.
    pub answered: u32,
    /// Data connections announced so far.
    pub expectations: u32,
    /// The data connection that is awaited or in use.
    pub pending: Option<PendingView>,
    /// Since it was first seen.
    pub age_seconds: Seconds,
    /// Since it, or a data connection of it, was last active.
    pub idle_seconds: Seconds,
}

impl SessionView {
    /// The view of a map's entry.
    pub fn of(key: &SessionKey, session: &Session, now: u64) -> Self {
        let conversation = &session.conversation;
        Self {
            client: Endpoint::new(&key.client, key.client_port),
            server: Endpoint::new(&key.server, key.server_port),
            zone: key.zone,
            state: SessionState::of(session),
            id: session.id,
            picked_up: session.is_picked_up(),
            confirmed: session.is_confirmed(),
            commands: conversation.commands,
            answered: conversation.answered,
            expectations: conversation.expectations,
            pending: PendingView::of(&conversation.pending, now),
            age_seconds: Seconds::between(session.created, now),
            idle_seconds: Seconds::between(session.seen, now),
        }
    }
}

impl TableRow for SessionView {
    const TITLES: &'static [&'static str] = &[
        ">ID",
        "CLIENT",
        "SERVER",
        "?>ZONE",
        "STATE",
        ">COMMANDS",
        ">ANSWERED",
        ">ANNOUNCED",
        "PENDING",
        ">AGE",
        ">IDLE",
    ];

    fn cells(&self) -> Vec<String> {
        let pending = self.pending.map_or("-".to_owned(), |pending| {
            format!(
                "{} {} {}",
                pending.request,
                pending.port,
                pending.state.text()
            )
        });
        vec![
            self.id.to_string(),
            self.client.to_string(),
            self.server.to_string(),
            zone::cell(self.zone),
            self.state.text().to_owned(),
            self.commands.to_string(),
            self.answered.to_string(),
            self.expectations.to_string(),
            pending,
            duration(self.age_seconds),
            duration(self.idle_seconds),
        ]
    }
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{address::Address, handshake::Handshake};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn key() -> SessionKey {
        SessionKey {
            client: Address::from_v4([10, 0, 0, 2]),
            server: Address::from_v4([10, 0, 1, 2]),
            client_port: 40000,
            server_port: 21,
            zone: 0,
        }
    }

    fn session() -> Session {
        let mut session = Session::default();
        session.open(&key(), 7, &Handshake::default(), SECOND);
        session
    }

    #[test]
    fn states() {
        let mut session = session();
        assert_eq!(SessionState::of(&session), SessionState::Greeting);
        session.conversation.open(false);
        assert_eq!(SessionState::of(&session), SessionState::Clear);
        session.conversation.open(true);
        session.conversation.client_speaks();
        assert_eq!(SessionState::of(&session), SessionState::NotFtp);
        session.ended = 1;
        assert_eq!(SessionState::of(&session), SessionState::Ended);
    }

    #[test]
    fn row_and_json() {
        let mut session = session();
        session.conversation.open(false);
        session.conversation.commands = 4;
        session.conversation.answered = 3;
        session.conversation.pending.arm(1, 3, 50000, 61 * SECOND);
        let view = SessionView::of(&key(), &session, 3 * SECOND);
        let cells = view.cells();
        assert_eq!(cells.len(), SessionView::TITLES.len());
        assert_eq!(
            cells,
            [
                "7",
                "10.0.0.2:40000",
                "10.0.1.2:21",
                "",
                "clear",
                "4",
                "3",
                "0",
                "PASV 50000 armed",
                "2.0s",
                "2.0s"
            ]
        );
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["state"], "clear");
        assert_eq!(json["client"]["address"], "10.0.0.2");
        assert_eq!(json["pending"]["state"], "armed");
        assert_eq!(json["age_seconds"], 2.0);
        assert_eq!(json["zone"], 0);
        let key = SessionKey { zone: 5, ..key() };
        let view = SessionView::of(&key, &session, 3 * SECOND);
        assert_eq!(view.cells()[3], "5");
    }
}
