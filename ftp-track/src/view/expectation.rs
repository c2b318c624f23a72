//! An expected data connection as it is shown.

use std::net::IpAddr;

use ftp_track_common::{
    expectation::{Expectation, ExpectationKind, Pending},
    tuple::ExpectationKey,
};
use serde::Serialize;

use super::{Endpoint, MasterView, Seconds, TableRow, address, duration, zone};

/// Whether an expectation may still be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectationState {
    /// A data connection may use it.
    Armed,
    /// A data connection uses it.
    Used,
}

impl ExpectationState {
    /// What a session says of its expectation `id`; `None` when it no longer holds it.
    pub fn of(pending: &Pending, id: u32, now: u64) -> Option<Self> {
        if !pending.is_some() || pending.id != id {
            None
        } else if pending.is_used() {
            Some(Self::Used)
        } else {
            (now < pending.expires).then_some(Self::Armed)
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Used => "used",
        }
    }
}

/// An expected data connection.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ExpectationView {
    /// The side that will connect; its port is not known beforehand. `::` is the client, or a third
    /// host that the rule permits.
    pub initiator: IpAddr,
    /// The side that listens, with the announced port.
    pub responder: Endpoint,
    /// The conntrack zone that it is in; 0 is the default one.
    pub zone: u32,
    /// PORT, EPRT, PASV or EPSV; none where an administrator made it.
    pub request: Option<&'static str>,
    /// Whether it may still be used.
    pub state: ExpectationState,
    /// Its number in the session.
    pub id: u32,
    /// [`super::SessionView::id`] of its control connection; 0 where an administrator made it.
    pub session: u64,
    /// Its control connection; none where an administrator made it.
    pub master: Option<MasterView>,
    /// Since it was made.
    pub age_seconds: Seconds,
    /// Until it ends.
    pub expires_in_seconds: Seconds,
}

impl ExpectationView {
    /// The view of a map's entry, and of what its session says; `None` when the session no longer
    /// holds it.
    pub fn of(
        key: &ExpectationKey,
        expectation: &Expectation,
        pending: &Pending,
        now: u64,
    ) -> Option<Self> {
        Some(Self {
            initiator: address(&key.initiator),
            responder: Endpoint::new(&key.responder, key.responder_port),
            zone: key.zone,
            request: Some(ExpectationKind::of_request(expectation.kind)?.name()),
            state: ExpectationState::of(pending, expectation.id, now)?,
            id: expectation.id,
            session: expectation.session,
            master: Some((&expectation.master).into()),
            age_seconds: Seconds::between(expectation.created, now),
            expires_in_seconds: Seconds::between(now, expectation.expires),
        })
    }

    /// The view of one that an administrator made; `None` when its time is over.
    pub fn by_hand(key: &ExpectationKey, expectation: &Expectation, now: u64) -> Option<Self> {
        (now < expectation.expires).then(|| Self {
            initiator: address(&key.initiator),
            responder: Endpoint::new(&key.responder, key.responder_port),
            zone: key.zone,
            request: None,
            state: ExpectationState::Armed,
            id: expectation.id,
            session: expectation.session,
            master: None,
            age_seconds: Seconds::between(expectation.created, now),
            expires_in_seconds: Seconds::between(now, expectation.expires),
        })
    }
}

impl TableRow for ExpectationView {
    const TITLES: &'static [&'static str] = &[
        "INITIATOR",
        "RESPONDER",
        "?>ZONE",
        "REQUEST",
        "STATE",
        ">EXPIRES",
        "CONTROL CONNECTION",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.initiator.to_string(),
            self.responder.to_string(),
            zone::cell(self.zone),
            self.request.unwrap_or("-").to_owned(),
            self.state.text().to_owned(),
            duration(self.expires_in_seconds),
            self.master
                .map_or_else(|| "by hand".to_owned(), |master| master.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{address::Address, tuple::SessionKey};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn entry() -> (ExpectationKey, Expectation) {
        let master = SessionKey {
            client: Address::from_v4([10, 0, 0, 2]),
            server: Address::from_v4([10, 0, 1, 2]),
            client_port: 40000,
            server_port: 21,
            zone: 0,
        };
        let expectation = Expectation {
            master,
            session: 7,
            created: SECOND,
            expires: 61 * SECOND,
            id: 2,
            kind: ExpectationKind::Port as u8,
            ..Expectation::default()
        };
        (ExpectationKind::Port.key(&master, 5000), expectation)
    }

    #[test]
    fn states() {
        let (key, expectation) = entry();
        let mut pending = Pending::default();
        let state = |pending: &Pending, now| {
            ExpectationView::of(&key, &expectation, pending, now).map(|view| view.state)
        };
        assert_eq!(state(&pending, SECOND), None, "nothing pending");
        pending.arm(1, 1, 5000, 61 * SECOND);
        assert_eq!(state(&pending, SECOND), None, "another one");
        pending.arm(2, 1, 5000, 61 * SECOND);
        assert_eq!(state(&pending, SECOND), Some(ExpectationState::Armed));
        assert_eq!(state(&pending, 61 * SECOND), None, "expired");
        pending.take(2, SECOND).unwrap();
        assert_eq!(state(&pending, SECOND), Some(ExpectationState::Used));
        pending.clear();
        assert_eq!(state(&pending, SECOND), None, "ended");
    }

    #[test]
    fn row() {
        let (key, expectation) = entry();
        let mut pending = Pending::default();
        pending.arm(2, 1, 5000, 61 * SECOND);
        let view = ExpectationView::of(&key, &expectation, &pending, 2 * SECOND).unwrap();
        let cells = view.cells();
        assert_eq!(cells.len(), ExpectationView::TITLES.len());
        assert_eq!(
            cells,
            [
                "10.0.1.2",
                "10.0.0.2:5000",
                "",
                "PORT",
                "armed",
                "59s",
                "10.0.0.2:40000 -> 10.0.1.2:21"
            ]
        );
    }
}
