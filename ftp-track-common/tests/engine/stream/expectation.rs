//! One-shot expectations: taken, armed again, expired, and their keys.

use ftp_track_common::{
    expectation::{ExpectationKind, Pending},
    reason::Reason,
    request::RequestKind,
    tuple::{Direction, ExpectationKey, FlowKey, SessionKey, Tuple},
};

use super::{expecting, greeted};
use crate::support::connection::{CLIENT_V4, SECOND, SERVER_V4, address};

const PASV: u8 = RequestKind::Pasv as u8;

fn armed() -> Pending {
    let mut pending = Pending::default();
    pending.arm(7, PASV, 5001, 60 * SECOND);
    pending
}

#[test]
fn it_is_used_once() {
    let mut pending = armed();
    assert!(pending.is_some() && !pending.is_used());
    assert_eq!(pending.take(7, SECOND), Ok(()));
    assert!(pending.is_some() && pending.is_used());
    assert_eq!(pending.take(7, SECOND), Err(Reason::AlreadyUsed));
}

#[test]
fn another_number_is_another_expectation() {
    let mut pending = armed();
    assert_eq!(pending.take(6, SECOND), Err(Reason::Replaced));
    assert_eq!(pending.take(8, SECOND), Err(Reason::Replaced));
    pending.arm(8, PASV, 5001, 60 * SECOND);
    assert_eq!(pending.take(7, SECOND), Err(Reason::Replaced));
    assert_eq!(pending.take(8, SECOND), Ok(()));
}

#[test]
fn it_expires() {
    let end = 60 * SECOND;
    assert_eq!(armed().take(7, end - 1), Ok(()));
    assert_eq!(armed().take(7, end), Err(Reason::Expired));
    assert_eq!(armed().take(7, u64::MAX), Err(Reason::Expired));
}

#[test]
fn none_and_cleared() {
    let mut pending = Pending::default();
    assert_eq!(pending.take(0, 0), Err(Reason::Replaced));
    let mut pending = armed();
    pending.clear();
    assert!(!pending.is_some());
    assert_eq!(pending.take(7, SECOND), Err(Reason::Replaced));
    assert!(!pending.rearm(7, SECOND));
}

#[test]
fn after_a_refused_attempt_it_may_be_used_again() {
    let mut pending = armed();
    assert!(!pending.rearm(7, SECOND), "it was not used");
    assert_eq!(pending.take(7, SECOND), Ok(()));
    assert!(!pending.rearm(6, SECOND), "another one");
    assert!(pending.rearm(7, SECOND));
    assert!(!pending.rearm(7, SECOND), "already again");
    assert_eq!(pending.take(7, 2 * SECOND), Ok(()));
    assert!(!pending.rearm(7, 60 * SECOND), "expired");
    assert_eq!(pending.take(7, SECOND), Err(Reason::AlreadyUsed));
}

#[test]
fn a_used_one_is_not_armed_again_once_it_is_replaced() {
    let mut connection = expecting();
    let now = connection.now;
    let pending = &mut connection.session.conversation.pending;
    assert_eq!(pending.take(1, now), Ok(()));
    connection.client("PASV");
    assert_eq!(connection.take_notes(), ["ended PASV 5001 used"]);
    let pending = &mut connection.session.conversation.pending;
    assert!(!pending.rearm(1, now));
    connection.server("227 (192,0,2,1,19,137)");
    let pending = &mut connection.session.conversation.pending;
    assert_eq!(pending.take(1, now), Err(Reason::Replaced));
    assert_eq!(pending.take(2, now), Ok(()));
}

#[test]
fn a_retransmitted_reply_does_not_revive_it() {
    let mut connection = greeted();
    connection.client("PASV");
    let line = b"227 (192,0,2,1,19,137)\r\n";
    let segment = connection.segment(Direction::FromServer, line.len());
    connection.deliver(Direction::FromServer, &segment, line);
    let now = connection.now;
    let pending = &mut connection.session.conversation.pending;
    assert_eq!(pending.take(1, now), Ok(()));
    connection.deliver(Direction::FromServer, &segment, line);
    let pending = &mut connection.session.conversation.pending;
    assert_eq!(pending.take(1, now), Err(Reason::AlreadyUsed));
}

#[test]
fn it_lives_as_long_as_configured() {
    let connection = expecting();
    let expectation = connection.expectations.values().next().expect("one");
    let lifetime = connection.rule.expectation_lifetime;
    assert_eq!(lifetime, 60 * SECOND);
    assert_eq!(expectation.expires, connection.now + lifetime);
}

#[test]
fn keys() {
    let master = SessionKey {
        client: address(CLIENT_V4),
        server: address(SERVER_V4),
        client_port: 40_000,
        server_port: 21,
        zone: 5,
    };
    let syn = Tuple {
        source: master.client,
        destination: master.server,
        source_port: 50_000,
        destination_port: 5001,
        zone: 5,
    };
    let back = Tuple {
        source: master.server,
        destination: master.client,
        source_port: 20,
        ..syn
    };
    for (kind, tuple) in [
        (ExpectationKind::Pasv, syn),
        (ExpectationKind::Epsv, syn),
        (ExpectationKind::Port, back),
        (ExpectationKind::Eprt, back),
    ] {
        let name = kind.name();
        assert_eq!(
            ExpectationKey::of_syn(&tuple),
            kind.key(&master, 5001),
            "{name}"
        );
        assert_ne!(
            ExpectationKey::of_syn(&tuple),
            kind.key(&master, 5002),
            "{name}"
        );
        assert_eq!(kind.is_active(), tuple == back, "{name}");
        assert_eq!(ExpectationKind::of_request(kind as u8), Some(kind));
    }
    assert_eq!(ExpectationKind::of_request(0), None);
    assert_eq!(
        ExpectationKind::of_request(RequestKind::EpsvAll as u8),
        None
    );
}

#[test]
fn tuples_of_both_directions_name_the_same() {
    let there = Tuple {
        source: address(CLIENT_V4),
        destination: address(SERVER_V4),
        source_port: 40_000,
        destination_port: 21,
        zone: 0,
    };
    let back = Tuple {
        source: there.destination,
        destination: there.source,
        source_port: 21,
        destination_port: 40_000,
        zone: 0,
    };
    let session = SessionKey::of(&there, Direction::FromClient);
    assert_eq!(session, SessionKey::of(&back, Direction::FromServer));
    assert_eq!(session.client, there.source);
    let (key, low) = FlowKey::of(&there);
    assert_eq!(FlowKey::of(&back), (key, !low));
    let own = Tuple {
        destination: there.source,
        ..there
    };
    let own_back = Tuple {
        source_port: 21,
        destination_port: 40_000,
        ..own
    };
    let (key, low) = FlowKey::of(&own);
    assert_eq!(FlowKey::of(&own_back), (key, !low));
}
