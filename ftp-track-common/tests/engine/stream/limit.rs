//! Shares of clients, segments that are only remembered, and what has to leave the maps.

use ftp_track_common::{
    address::Address,
    client::{Client, ClientKey, Entry, Share},
    expectation::{BY_HAND, Expectation, Pending, Presence},
    handshake::Handshake,
    segment::{ACK, Segment},
    session::{CONFIRMATION, Session},
    tuple::{
        Direction::{FromClient, FromServer},
        SessionKey,
    },
};

use crate::support::connection::{Connection, SECOND};

#[test]
fn as_many_as_it_may() {
    let mut client = Client::default();
    assert_eq!(client.enter(Share::Session, 2), Entry::Granted);
    assert_eq!(client.enter(Share::Session, 2), Entry::Granted);
    assert_eq!(client.enter(Share::Session, 2), Entry::Refused);
    assert_eq!(client.enter(Share::Flow, 1), Entry::Granted);
    assert_eq!(client.enter(Share::Flow, 1), Entry::Refused);
    assert_eq!(client.enter(Share::Flow, 0), Entry::Granted, "no limit");
    assert_eq!((client.sessions, client.flows), (2, 2));
    assert!(!client.leave(Share::Session));
    assert_eq!(client.enter(Share::Session, 2), Entry::Granted);
}

#[test]
fn the_last_one_takes_the_entry_along() {
    let mut client = Client::default();
    client.enter(Share::Session, 0);
    client.enter(Share::Flow, 0);
    assert!(!client.leave(Share::Session));
    assert!(client.leave(Share::Flow));
    assert_eq!(client.enter(Share::Session, 0), Entry::Gone);
    assert!(!client.leave(Share::Session), "only once");
}

#[test]
fn a_host_is_its_network_in_ipv6() {
    let key = |bytes| ClientKey::of(&Address::from_v6(bytes), 0);
    let mut first = [0x20; 16];
    let mut second = first;
    second[8..].fill(0xff);
    assert_eq!(key(first), key(second));
    first[7] = 0;
    assert_ne!(key(first), key(second));
    let v4 = |last| ClientKey::of(&Address::from_v4([10, 0, 0, last]), 0);
    assert_ne!(v4(1), v4(2));
    assert_ne!(v4(1), ClientKey::default());
}

fn segment(sequence: u32, acknowledgment: u32, length: u32) -> Segment {
    Segment {
        sequence,
        acknowledgment,
        length,
        interface: 2,
        window: 1000,
        flags: ACK,
        scale: 0,
    }
}

#[test]
fn a_glimpse_and_what_goes_on_from_it() {
    for (seen, other) in [(FromClient, FromServer), (FromServer, FromClient)] {
        let glimpse = Handshake::glimpse(seen, &segment(u32::MAX - 2, 500, 10), SECOND);
        assert!(glimpse.is_glimpse());
        assert_eq!(glimpse.interface(seen), 2);
        assert_eq!(glimpse.interface(other), 0);
        for (direction, sequence, acknowledgment, goes_on) in [
            (other, 500, 7, true),
            (other, 500, u32::MAX - 1, true),
            (seen, 500, 7, false),
            (other, 501, 7, false),
            (other, 500, 8, false),
            // It acknowledges nothing of what was seen.
            (other, 500, u32::MAX - 2, false),
        ] {
            let segment = segment(sequence, acknowledgment, 0);
            assert_eq!(
                glimpse.is_continued_by(direction, &segment),
                goes_on,
                "{direction:?} {sequence} {acknowledgment}"
            );
        }
        assert!(!glimpse.is_completed_by(7, 501));
    }
    assert!(!Handshake::default().is_continued_by(FromServer, &segment(0, 1, 0)));
}

#[test]
fn a_session_counts_as_what_it_is() {
    let mut session = Session::default();
    assert_eq!(session.exchange_share(Share::None), Share::None);
    let key = SessionKey::default();
    session.pick_up(&key, 1, FromClient, &segment(1, 1, 1), SECOND);
    assert_eq!(session.share(), Share::PickUp as u8);
    assert!(!session.is_confirmed());
    session.believe(FromClient, 3);
    assert_eq!(session.sequences[1].interface, 3);
    assert_eq!(session.exchange_share(Share::None), Share::None);
}

#[test]
fn who_is_not_confirmed_does_not_stay() {
    let mut connection = Connection::picked_up(FromClient);
    let until = connection.now + CONFIRMATION;
    connection.now += CONFIRMATION / 2;
    connection.client("NOOP");
    assert!(!connection.session.is_expired(until));
    assert!(connection.session.is_expired(until + 1));
    connection.server("200 ok");
    assert!(!connection.session.is_expired(until + 1));
}

#[test]
fn what_leaves_the_map() {
    const END: u64 = 1000;
    let expectation = Expectation {
        session: 7,
        id: 2,
        expires: END,
        ..Expectation::default()
    };
    let mut pending = Pending::default();
    let judged = |pending: &Pending, now| expectation.presence(Some((7, pending)), now);
    assert_eq!(expectation.presence(None, 0), Presence::Forgotten);
    assert_eq!(judged(&pending, 0), Presence::Forgotten, "nothing pending");
    pending.arm(2, 3, 5000, END);
    assert_eq!(judged(&pending, 0), Presence::Due);
    assert_eq!(judged(&pending, END), Presence::Expired);
    assert_eq!(
        expectation.presence(Some((8, &pending)), 0),
        Presence::Forgotten
    );
    pending.take(2, 0).unwrap();
    assert_eq!(judged(&pending, 0), Presence::Due, "a RST may give it back");
    assert_eq!(judged(&pending, END), Presence::Forgotten);
    pending.arm(3, 3, 5001, END);
    assert_eq!(judged(&pending, 0), Presence::Forgotten, "replaced");
    let invitation = Expectation {
        id: 0,
        ..expectation
    };
    assert_eq!(invitation.presence(Some((7, &pending)), 0), Presence::Due);
    assert_eq!(
        invitation.presence(Some((7, &pending)), END),
        Presence::Forgotten
    );
}

#[test]
fn what_was_made_by_hand_needs_no_session() {
    let expectation = Expectation {
        session: BY_HAND,
        id: 1,
        expires: SECOND,
        ..Expectation::default()
    };
    assert_eq!(expectation.presence(None, SECOND - 1), Presence::Due);
    assert_eq!(expectation.presence(None, SECOND), Presence::Expired);
}
