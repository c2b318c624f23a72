//! Where nothing may be held back, what comes beyond a gap is read once the gap is filled.

use ftp_track_common::{
    kept::{GAP, LONGEST},
    reason::Reason::{self, GapPassed, Kept},
    segment::FIN,
    session::Step,
    tuple::Direction::{self, FromClient, FromServer},
};

use super::greeted;
use crate::support::connection::Connection;

const PASSIVE: &[u8] = b"227 (192,0,2,1,19,137)\r\n";
const OTHER: &[u8] = b"227 (192,0,2,1,19,138)\r\n";

/// A connection in observe mode that has been greeted and asked for passive mode.
fn asked() -> Connection {
    let mut connection = greeted();
    connection.observes = true;
    connection.client("PASV");
    connection
}

/// Brings `bytes` as they stand at `ahead` from the next byte. What passes counts as said.
fn beyond(connection: &mut Connection, direction: Direction, ahead: u32, bytes: &[u8]) -> Reason {
    let mut segment = connection.segment(direction, bytes.len());
    segment.sequence = segment.sequence.wrapping_add(ahead);
    match connection.deliver(direction, &segment, bytes) {
        Step::Pass(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_read_behind_what_fills_the_gap() {
    for split in 1..PASSIVE.len() {
        let mut connection = asked();
        let (first, second) = PASSIVE.split_at(split);
        let reason = beyond(&mut connection, FromServer, split as u32, second);
        assert_eq!(reason, Kept);
        assert_eq!(connection.take_notes(), [""; 0]);
        connection.send(FromServer, first);
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{split}");
        // The stream goes on behind it.
        connection.skip(FromServer, second.len());
        connection.client("PASV");
        assert_eq!(connection.take_notes(), ["ended PASV 5001 replaced"]);
        connection.send(FromServer, OTHER);
        assert_eq!(connection.take_notes(), ["made PASV 5002"]);
    }
}

#[test]
fn several_in_a_row() {
    let mut connection = asked();
    for at in 1..PASSIVE.len() {
        let reason = beyond(&mut connection, FromServer, at as u32, &PASSIVE[at..at + 1]);
        assert_eq!(reason, Kept, "{at}");
    }
    connection.send(FromServer, &PASSIVE[..1]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn each_direction_has_its_own() {
    let mut connection = greeted();
    connection.observes = true;
    assert_eq!(beyond(&mut connection, FromClient, 2, b"SV\r\n"), Kept);
    let reply = beyond(&mut connection, FromServer, 4, &PASSIVE[4..]);
    assert_eq!(reply, Kept);
    connection.send(FromClient, b"PA");
    connection.skip(FromClient, 4);
    connection.send(FromServer, &PASSIVE[..4]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn the_first_bytes_count() {
    // The same segment with other bytes, one that overlaps it, and one in front of it.
    let mut connection = asked();
    assert_eq!(beyond(&mut connection, FromServer, 4, &PASSIVE[4..]), Kept);
    for ahead in [4, 3, 2] {
        let hostile = &OTHER[ahead..];
        let reason = beyond(&mut connection, FromServer, ahead as u32, hostile);
        assert_eq!(reason, GapPassed, "{ahead}");
    }
    connection.send(FromServer, &PASSIVE[..4]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);

    // What fills the gap comes before what was kept, and overlaps it.
    let mut connection = asked();
    assert_eq!(beyond(&mut connection, FromServer, 4, &OTHER[4..]), Kept);
    connection.send(FromServer, &PASSIVE[..PASSIVE.len() - 1]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn of_an_overlap_only_what_is_new_is_kept() {
    let mut connection = asked();
    let first = beyond(&mut connection, FromServer, 4, &PASSIVE[4..12]);
    assert_eq!(first, Kept);
    let longer = [b"\nxxxxxxx", &PASSIVE[12..]].concat();
    assert_eq!(beyond(&mut connection, FromServer, 4, &longer), Kept);
    connection.send(FromServer, &PASSIVE[..4]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn it_has_bounds() {
    let long = vec![b'x'; LONGEST as usize + 1];
    let mut connection = asked();
    for (ahead, bytes, reason) in [
        (GAP + 1, &long[..1], GapPassed),
        (1, &long[..], GapPassed),
        (GAP, &long[1..], Kept),
    ] {
        assert_eq!(beyond(&mut connection, FromServer, ahead, bytes), reason);
    }
    // As much as there is room for, in any number of segments.
    let mut connection = asked();
    let mut ahead = 1;
    for length in [511, 512] {
        let reason = beyond(&mut connection, FromServer, ahead, &long[..length]);
        assert_eq!(reason, Kept);
        ahead += length as u32;
    }
    let reason = beyond(&mut connection, FromServer, ahead, &long[..1]);
    assert_eq!(reason, GapPassed);
}

#[test]
fn what_came_another_way_ends_it() {
    let mut connection = asked();
    let reason = beyond(&mut connection, FromServer, 30, PASSIVE);
    assert_eq!(reason, Kept);
    connection.skip(FromServer, 30);
    connection.acknowledge(FromClient);
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    connection.server("the rest of a line");
    connection.client("PASV");
    connection.send(FromServer, OTHER);
    assert_eq!(connection.take_notes(), ["made PASV 5002"]);
}

#[test]
fn a_fin_beyond_the_gap() {
    let mut connection = asked();
    connection.send(FromServer, PASSIVE);
    connection.take_notes();
    let mut segment = connection.segment(FromServer, 4);
    segment.sequence = segment.sequence.wrapping_add(4);
    segment.flags |= FIN;
    let step = connection.deliver(FromServer, &segment, b"ok\r\n");
    assert_eq!(step, Step::Pass(Kept));
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.send(FromServer, b"200 ");
    let expect = ["counted stray_reply", "ended PASV 5001 control_closed"];
    assert_eq!(connection.take_notes(), expect);
}

#[test]
fn what_is_not_to_be_read_stays_unread() {
    let mut connection = greeted();
    connection.observes = true;
    connection.client("AUTH TLS");
    connection.client("PASV");
    assert_eq!(beyond(&mut connection, FromServer, 8, PASSIVE), Kept);
    connection.send(FromServer, b"234 go\r\n");
    assert_eq!(connection.take_notes(), [""; 0]);
    assert!(connection.expectations.is_empty());
}

#[test]
fn it_does_not_outlive_its_session() {
    let mut connection = asked();
    assert_eq!(beyond(&mut connection, FromServer, 4, &PASSIVE[4..]), Kept);
    connection.reset(FromClient);
    let mut next = asked();
    next.send(FromServer, &PASSIVE[..4]);
    assert_eq!(next.take_notes(), [""; 0]);
    // Nor does a session that takes the place of another one in the map.
    let master = connection.master;
    let segment = connection.segment(FromServer, 4);
    let now = connection.now;
    let session = &mut connection.session;
    session.pick_up(&master, 2, FromServer, &segment, now);
    assert!(!session.sequences.iter().any(|it| it.has_kept()));
    assert_eq!(session.resume(FromServer, segment.sequence + 4), None);
}

#[test]
fn not_beyond_the_window() {
    let mut connection = asked();
    let mut segment = connection.segment(FromServer, 4);
    segment.sequence = segment.sequence.wrapping_add(1 << 20);
    let step = connection.deliver(FromServer, &segment, b"ok\r\n");
    assert_eq!(step, Step::Pass(Reason::OutsideWindow));
}

/// While a CPU stores the bytes, the receiver shows that it has them.
#[test]
fn the_stream_goes_on_while_it_is_kept() {
    let mut connection = asked();
    let mut segment = connection.segment(FromServer, 4);
    segment.sequence = segment.sequence.wrapping_add(10);
    let place = connection.session.place_beyond(FromServer, &segment);
    let place = place.expect("there is room");
    // Another segment of the same direction finds it busy.
    assert_eq!(
        beyond(&mut connection, FromServer, 14, b"ok\r\n"),
        GapPassed
    );
    connection.skip(FromServer, 18);
    connection.acknowledge(FromClient);
    let session = &mut connection.session;
    session.keep(FromServer, segment.sequence, &place, true);
    assert!(!session.sequences[1].has_kept());
}
