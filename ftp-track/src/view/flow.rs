//! An admitted data connection as it is shown.

use ftp_track_common::{
    expectation::{BY_HAND, ExpectationKind},
    flow::Flow,
    tuple::FlowKey,
};
use serde::Serialize;

use crate::record;

use super::{Endpoint, MasterView, Seconds, TableRow, duration, zone};

/// What a data connection is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowState {
    /// The handshake is not complete.
    Opening,
    /// The handshake is complete.
    Established,
    /// One side has sent FIN.
    Closing,
    /// FIN from both sides, or RST; kept a little for late segments.
    Ended,
    /// The policy no longer permits it, and a reload was to end it; kept to know its packets.
    Revoked,
}

impl FlowState {
    /// The state of a flow.
    pub fn of(flow: &Flow) -> Self {
        if flow.ended != 0 {
            Self::Ended
        } else if flow.is_revoked() {
            Self::Revoked
        } else if flow.finished != [0; 2] {
            Self::Closing
        } else if flow.established != 0 {
            Self::Established
        } else {
            Self::Opening
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Established => "established",
            Self::Closing => "closing",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }
}

/// A number for each side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct PerSide {
    /// From the side that connected.
    pub initiator: u64,
    /// From the side that listened.
    pub responder: u64,
}

impl From<[u64; 2]> for PerSide {
    fn from([initiator, responder]: [u64; 2]) -> Self {
        Self {
            initiator,
            responder,
        }
    }
}

/// An admitted data connection.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FlowView {
    /// The side that connected.
    pub initiator: Endpoint,
    /// The side that listened.
    pub responder: Endpoint,
    /// The conntrack zone that it is in; 0 is the default one.
    pub zone: u32,
    /// PORT, EPRT, PASV or EPSV; none where an administrator admitted it.
    pub request: Option<&'static str>,
    /// What it is at.
    pub state: FlowState,
    /// Packets by sender.
    pub packets: PerSide,
    /// Bytes of IP by sender.
    pub bytes: PerSide,
    /// The number of the expectation it used, in its session.
    pub expectation: u32,
    /// [`super::SessionView::id`] of its control connection.
    pub session: u64,
    /// Its control connection; none where an administrator admitted it.
    pub master: Option<MasterView>,
    /// Since it was admitted.
    pub age_seconds: Seconds,
    /// Since its last packet.
    pub idle_seconds: Seconds,
}

impl FlowView {
    /// The view of a map's entry.
    pub fn of(key: &FlowKey, flow: &Flow, now: u64) -> Self {
        let tuple = record::flow_tuple(key, flow);
        Self {
            initiator: Endpoint::new(&tuple.source, tuple.source_port),
            responder: Endpoint::new(&tuple.destination, tuple.destination_port),
            zone: key.zone,
            request: ExpectationKind::of_request(flow.kind)
                .filter(|_| flow.session != BY_HAND)
                .map(ExpectationKind::name),
            state: FlowState::of(flow),
            packets: flow.packets.into(),
            bytes: flow.bytes.into(),
            expectation: flow.expectation,
            session: flow.session,
            master: (flow.session != BY_HAND).then(|| (&flow.master).into()),
            age_seconds: Seconds::between(flow.created, now),
            idle_seconds: Seconds::between(flow.seen, now),
        }
    }
}

impl TableRow for FlowView {
    const TITLES: &'static [&'static str] = &[
        "INITIATOR",
        "RESPONDER",
        "?>ZONE",
        "REQUEST",
        "STATE",
        ">PACKETS",
        ">BACK",
        ">BYTES",
        ">BACK",
        ">IDLE",
        "CONTROL CONNECTION",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.initiator.to_string(),
            self.responder.to_string(),
            zone::cell(self.zone),
            self.request.unwrap_or("-").to_owned(),
            self.state.text().to_owned(),
            self.packets.initiator.to_string(),
            self.packets.responder.to_string(),
            self.bytes.initiator.to_string(),
            self.bytes.responder.to_string(),
            duration(self.idle_seconds),
            self.master
                .map_or_else(|| "by hand".to_owned(), |master| master.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{address::Address, tuple::Tuple};

    use super::*;

    #[test]
    fn initiator_and_responder() {
        let (client, server) = (
            Address::from_v4([10, 0, 0, 2]),
            Address::from_v4([10, 0, 1, 2]),
        );
        for (source, destination) in [(client, server), (server, client)] {
            let tuple = Tuple {
                source,
                destination,
                source_port: 20,
                destination_port: 5000,
                zone: 0,
            };
            let (key, initiator_is_low) = FlowKey::of(&tuple);
            let flow = Flow {
                initiator_is_low: initiator_is_low.into(),
                kind: 1,
                session: 7,
                packets: [3, 2],
                bytes: [300, 200],
                seen: 1,
                ..Flow::default()
            };
            let view = FlowView::of(&key, &flow, 1);
            assert_eq!(view.initiator, Endpoint::new(&source, 20));
            assert_eq!(view.responder, Endpoint::new(&destination, 5000));
            assert_eq!(view.request, Some("PORT"));
            let cells = view.cells();
            assert_eq!(cells.len(), FlowView::TITLES.len());
            assert_eq!(cells[5..9], ["3", "2", "300", "200"]);
        }
    }

    #[test]
    fn states() {
        let mut flow = Flow::default();
        assert_eq!(FlowState::of(&flow), FlowState::Opening);
        flow.established = 1;
        assert_eq!(FlowState::of(&flow), FlowState::Established);
        flow.finished = [1, 0];
        assert_eq!(FlowState::of(&flow), FlowState::Closing);
        flow.revoke();
        assert_eq!(FlowState::of(&flow), FlowState::Revoked);
        flow.ended = 1;
        assert_eq!(FlowState::of(&flow), FlowState::Ended);
    }
}
