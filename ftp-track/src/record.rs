//! Events of which the kernel programs know nothing: written in their form by the daemon, when it
//! removes what is over, and by an administrator's hand.

use ftp_track_common::{
    address::Address,
    event::{self, Event, EventKind},
    expectation::Expectation,
    flow::Flow,
    reason::Reason,
    session::Session,
    tuple::{ExpectationKey, FlowKey, SessionKey, Tuple},
};

use crate::clock;

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

/// The end of a control connection.
pub fn session_end(key: &SessionKey, session: &Session, reason: Reason) -> Event {
    let tuple = Tuple {
        source: key.client,
        destination: key.server,
        source_port: key.client_port,
        destination_port: key.server_port,
        zone: key.zone,
    };
    Event {
        binding: session.binding,
        ..event(EventKind::SessionEnd, reason, *key, session.id, tuple)
    }
}

/// The beginning or the end of an expectation.
pub fn expectation(
    kind: EventKind,
    key: &ExpectationKey,
    expectation: &Expectation,
    reason: Reason,
) -> Event {
    // Where a third host may come instead of the client, the key does not say who does.
    let source = if key.initiator == Address::default() {
        expectation.master.client
    } else {
        key.initiator
    };
    let tuple = Tuple {
        source,
        destination: key.responder,
        source_port: 0,
        destination_port: key.responder_port,
        zone: key.zone,
    };
    let (master, session) = (expectation.master, expectation.session);
    Event {
        expectation: expectation.id,
        request: expectation.kind,
        ..event(kind, reason, master, session, tuple)
    }
}

/// The first packet's ends of a data connection.
pub fn flow_tuple(key: &FlowKey, flow: &Flow) -> Tuple {
    let low = (key.low, key.low_port);
    let high = (key.high, key.high_port);
    let (from, to) = if flow.initiator_is_low != 0 {
        (low, high)
    } else {
        (high, low)
    };
    Tuple {
        source: from.0,
        destination: to.0,
        source_port: from.1,
        destination_port: to.1,
        zone: key.zone,
    }
}

/// The end of a data connection.
pub fn flow_end(key: &FlowKey, flow: &Flow, reason: Reason) -> Event {
    let tuple = flow_tuple(key, flow);
    Event {
        expectation: flow.expectation,
        request: flow.kind,
        binding: flow.binding,
        ..event(EventKind::FlowEnd, reason, flow.master, flow.session, tuple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let source = |flow: &Flow| flow_end(&key, flow, Reason::Idle).tuple.source_port;
        assert_eq!(source(&flow), 2);
        flow.initiator_is_low = 1;
        assert_eq!(source(&flow), 1);
    }
}
