//! Where nothing may be held back, what comes beyond a gap is read once the gap is filled.

use ftp_track_common::{
    kept::{GAP, LONGEST},
    reason::Reason::{self, Ambiguous, GapPassed, Kept, Retransmission},
    segment::FIN,
    sequence::HOLD_TIME,
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

/// Which of them the receiver reads is its own affair.
#[test]
fn what_comes_twice_and_differs_is_not_read() {
    // The same segment with other bytes, or one that overlaps it at either end.
    for (from, to) in [(4, 24), (3, 24), (4, 23), (22, 24), (2, 10)] {
        let mut connection = asked();
        let kept = beyond(&mut connection, FromServer, 4, &PASSIVE[4..]);
        assert_eq!(kept, Kept);
        let mut other = PASSIVE.to_vec();
        other[to - 1] ^= 1;
        let reason = beyond(&mut connection, FromServer, from as u32, &other[from..to]);
        assert_eq!(reason, Ambiguous, "{from}..{to}");
        // Neither are those that come later.
        let reason = beyond(&mut connection, FromServer, 4, &PASSIVE[4..]);
        assert_eq!(reason, GapPassed);
        connection.send(FromServer, &PASSIVE[..4]);
        assert_eq!(connection.take_notes(), [""; 0]);
        connection.send(FromServer, &PASSIVE[4..]);
        let expect = ["counted ambiguous", "counted resynchronised"];
        assert_eq!(connection.take_notes(), expect);
        goes_on(&mut connection);
    }
}

/// The next line is skipped, and those behind it are read.
fn goes_on(connection: &mut Connection) {
    connection.send(FromServer, b"ok\r\n");
    connection.client("PASV");
    connection.send(FromServer, OTHER);
    assert_eq!(connection.take_notes(), ["made PASV 5002"]);
}

#[test]
fn what_fills_the_gap_and_differs_is_not_read() {
    let whole = PASSIVE.len();
    // It ends within what is kept, with it, or behind it.
    for (end, longest) in [(whole - 2, whole), (whole, whole), (whole, whole - 3)] {
        let mut connection = asked();
        let kept = beyond(&mut connection, FromServer, 4, &OTHER[4..longest]);
        assert_eq!(kept, Kept);
        connection.send(FromServer, &PASSIVE[..end]);
        let expect = ["counted ambiguous", "counted resynchronised"];
        assert_eq!(connection.take_notes(), expect, "{end} {longest}");
        connection.skip(FromServer, longest.saturating_sub(end));
        goes_on(&mut connection);
    }
}

#[test]
fn what_fills_the_gap_may_repeat_it() {
    for end in [5, PASSIVE.len() - 1, PASSIVE.len()] {
        let mut connection = asked();
        let kept = beyond(&mut connection, FromServer, 4, &PASSIVE[4..]);
        assert_eq!(kept, Kept);
        connection.send(FromServer, &PASSIVE[..end]);
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{end}");
    }
}

#[test]
fn a_contest_ends_with_its_gap() {
    let mut connection = asked();
    for (byte, reason) in [(b'x', Kept), (b'y', Ambiguous)] {
        let bytes = [byte; 30];
        assert_eq!(beyond(&mut connection, FromServer, 10, &bytes), reason);
    }
    // The gap is filled, and the receiver has what it has.
    connection.send(FromServer, b"200 a line");
    connection.skip(FromServer, 30);
    connection.acknowledge(FromClient);
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    connection.send(FromServer, b"\r\n");
    connection.client("PASV");
    // What is kept behind the next one is read again.
    assert_eq!(beyond(&mut connection, FromServer, 4, &PASSIVE[4..]), Kept);
    connection.send(FromServer, &PASSIVE[..4]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn of_an_overlap_only_what_is_new_is_kept() {
    let mut connection = asked();
    for (from, to, reason) in [
        (4, 12, Kept),
        (4, 12, Retransmission),
        (5, 11, Retransmission),
        (2, 4, GapPassed),
        (2, 6, Retransmission),
        (2, 20, Kept),
        (8, PASSIVE.len(), Kept),
        (4, PASSIVE.len(), Retransmission),
    ] {
        let bytes = &PASSIVE[from..to];
        let done = beyond(&mut connection, FromServer, from as u32, bytes);
        assert_eq!(done, reason, "{from}..{to}");
    }
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
fn for_as_long_as_a_gap_holds_segments_back() {
    let mut connection = asked();
    assert_eq!(beyond(&mut connection, FromServer, 4, &PASSIVE[4..9]), Kept);
    connection.now += HOLD_TIME + 1;
    let reason = beyond(&mut connection, FromServer, 9, &PASSIVE[9..]);
    assert_eq!(reason, GapPassed);
    // What has been kept is read: the receiver has it, however late the gap is filled.
    connection.send(FromServer, &PASSIVE[..4]);
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.skip(FromServer, 5);
    connection.send(FromServer, &PASSIVE[9..]);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
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
    let (_, place) = connection.session.beyond(FromServer, &segment);
    assert!(place.is_some(), "there is room");
    // Another segment of the same direction finds it busy.
    assert_eq!(
        beyond(&mut connection, FromServer, 14, b"ok\r\n"),
        GapPassed
    );
    connection.skip(FromServer, 18);
    connection.acknowledge(FromClient);
    let session = &mut connection.session;
    session.keep(FromServer, segment.sequence, place.as_ref(), true);
    assert!(!session.sequences[1].has_kept());
}
