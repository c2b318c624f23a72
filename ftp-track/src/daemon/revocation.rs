//! Ends data connections that were admitted and that the policy in force no longer permits.

use std::io;

use ftp_track_common::{
    event::Event,
    expectation::{BY_HAND, ExpectationKind},
    flow::Flow,
    policy,
    reason::Reason,
    request::THIRD,
    rule::Rule,
    tuple::FlowKey,
};
use tracing::warn;

use crate::{
    config::{Mode, Settings},
    conntrack::Table,
    map::{Error, Maps, Walk},
    record,
};

/// Revokes them, and takes their entries out of conntrack where it may be what admits their packets;
/// gives the events that tell of it.
pub fn revoke(maps: &mut Maps, settings: &Settings) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    let mut walk = Walk::default();
    while let Some(entries) = maps.flows.next(&mut walk)? {
        for (key, mut flow) in entries {
            if flow.is_revoked() || permits(settings.policy.rules(), &key, &flow) {
                continue;
            }
            // One that has ended, too: what ended it may have been forged.
            flow.revoke();
            // What the kernel programs count meanwhile is lost; nothing of the connection counts any
            // more.
            if maps.flows.replace(&key, &flow)? {
                events.push(record::flow_end(&key, &flow, Reason::Revoked));
            }
        }
    }
    // In enforce mode the kernel programs drop the packets; observe mode drops nothing.
    let depends = [Mode::Conntrack, Mode::Mark, Mode::Bypass];
    if depends.into_iter().any(|mode| settings.uses(mode)) {
        forget(&events);
    }
    Ok(events)
}

/// Takes the entries of what has ended out of conntrack.
fn forget(events: &[Event]) {
    if events.is_empty() {
        return;
    }
    let warn = |error: io::Error| {
        warn!(
            "conntrack may still know a data connection that was to end, and the firewall admit it: \
             {error}; see `conntrack -D`"
        );
    };
    let table = match Table::open() {
        Ok(table) => table,
        Err(error) => return warn(error),
    };
    for event in events {
        if let Err(error) = table.remove(&event.tuple) {
            warn(error);
        }
    }
}

/// Whether the rules permit a data connection now. What an administrator has admitted is his own.
fn permits(rules: &[Rule], key: &FlowKey, flow: &Flow) -> bool {
    let Some(kind) = ExpectationKind::of_request(flow.kind) else {
        return true;
    };
    if flow.session == BY_HAND {
        return true;
    }
    let master = &flow.master;
    let rule = policy::find(rules, &master.client, &master.server, master.server_port);
    let Some(rule) = rule.and_then(|place| rules.get(place)) else {
        return false;
    };
    let tuple = record::flow_tuple(key, flow);
    let other = if kind.is_active() {
        tuple.destination
    } else {
        tuple.source
    };
    let is_third = flow.kind & THIRD != 0 && !other.same(&master.client);
    let source = !kind.is_active() || rule.admits_source(tuple.source_port);
    source
        && (!is_third || rule.admits_third(&other))
        && rule.judge(kind.is_active(), tuple.destination_port) == Reason::None
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{
        address::Address,
        policy::Binding,
        prefix::Prefix,
        request::RequestKind,
        rule::{Action, PortRange},
        tuple::{SessionKey, Tuple},
    };

    use super::*;

    const CLIENT: Address = Address::from_v4([192, 0, 2, 1]);
    const SERVER: Address = Address::from_v4([198, 51, 100, 1]);
    const THIRD_HOST: Address = Address::from_v4([203, 0, 113, 1]);

    fn flow(kind: RequestKind, from: Address, to: Address) -> (FlowKey, Flow) {
        let tuple = Tuple {
            source: from,
            destination: to,
            source_port: 4000,
            destination_port: 50_000,
            zone: 0,
        };
        let (key, initiator_is_low) = FlowKey::of(&tuple);
        let third = from != CLIENT && to != CLIENT;
        let flow = Flow {
            master: SessionKey {
                client: CLIENT,
                server: SERVER,
                client_port: 3000,
                server_port: 21,
                zone: 0,
            },
            session: 7,
            kind: kind as u8 | if third { THIRD } else { 0 },
            initiator_is_low: initiator_is_low.into(),
            binding: Binding::default(),
            ..Flow::default()
        };
        (key, flow)
    }

    #[test]
    fn what_is_permitted() {
        let active = flow(RequestKind::Port, SERVER, CLIENT);
        let passive = flow(RequestKind::Epsv, CLIENT, SERVER);
        let third = flow(RequestKind::Port, SERVER, THIRD_HOST);
        let comes = flow(RequestKind::Pasv, THIRD_HOST, SERVER);
        let of = |change: &dyn Fn(&mut Rule)| {
            let mut rule = Rule::open();
            rule.control_ports[0] = 21;
            change(&mut rule);
            [&active, &passive, &third, &comes].map(|(key, flow)| permits(&[rule], key, flow))
        };
        let range = |first, last| PortRange { first, last };
        assert_eq!(of(&|_| ()), [true, true, false, false]);
        assert_eq!(of(&|rule| rule.fxp_count = 1), [true; 4]);
        assert_eq!(of(&|rule| rule.active = 0), [false, true, false, false]);
        assert_eq!(of(&|rule| rule.passive = 0), [true, false, false, false]);
        assert_eq!(
            of(&|rule| rule.source_port_20 = 1),
            [false, true, false, false]
        );
        assert_eq!(of(&|rule| rule.ports[0] = range(1024, 49_999)), [false; 4]);
        assert_eq!(of(&|rule| rule.action = Action::Ignore as u8), [false; 4]);
        assert_eq!(of(&|rule| rule.control_ports[0] = 2121), [false; 4]);
        assert_eq!(
            of(&|rule| rule.client = Prefix::new(&SERVER, 128)),
            [false; 4]
        );
        // Fewer at once is a matter of the next one.
        assert_eq!(
            of(&|rule| rule.flows_per_client = 1),
            [true, true, false, false]
        );
    }

    #[test]
    fn what_was_admitted_by_hand_is_permitted() {
        let (key, mut flow) = flow(RequestKind::Pasv, CLIENT, SERVER);
        flow.session = BY_HAND;
        assert!(permits(&[], &key, &flow));
        flow.session = 7;
        assert!(!permits(&[], &key, &flow));
    }
}
