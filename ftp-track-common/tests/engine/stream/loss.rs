//! Bytes that never come by: held back for a while, then passed; resynchronised by an ACK.

use ftp_track_common::{
    reason::Reason,
    segment::FIN,
    sequence::{HOLD_COUNT, HOLD_TIME},
    session::Step,
    tuple::Direction::{FromClient, FromServer},
};

use super::{expecting, greeted};
use crate::support::connection::{Connection, SECOND};

/// Sends a line of the server beyond a gap of `missing` bytes.
fn beyond(connection: &mut Connection, missing: u32, line: &[u8]) -> Step {
    let mut segment = connection.segment(FromServer, line.len());
    segment.sequence = segment.sequence.wrapping_add(missing);
    connection.deliver(FromServer, &segment, line)
}

const LINE: &[u8] = b"200 late\r\n";

#[test]
fn held_back_a_bounded_number_of_times() {
    let mut connection = greeted();
    for i in 0..HOLD_COUNT {
        let step = beyond(&mut connection, 10, LINE);
        assert_eq!(step, Step::Hold(Reason::HeldBack), "{i}");
    }
    for _ in 0..3 {
        let step = beyond(&mut connection, 10, LINE);
        assert_eq!(step, Step::Pass(Reason::GapPassed));
    }
}

#[test]
fn held_back_for_a_bounded_time() {
    let mut connection = greeted();
    let step = beyond(&mut connection, 10, LINE);
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    connection.now += HOLD_TIME;
    let step = beyond(&mut connection, 10, LINE);
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    connection.now += 1;
    let step = beyond(&mut connection, 10, LINE);
    assert_eq!(step, Step::Pass(Reason::GapPassed));
}

#[test]
fn each_gap_has_its_own_bounds() {
    let mut connection = greeted();
    for _ in 0..3 {
        for _ in 0..=HOLD_COUNT {
            beyond(&mut connection, 10, LINE);
        }
        let step = beyond(&mut connection, 10, LINE);
        assert_eq!(step, Step::Pass(Reason::GapPassed));
        connection.send(FromServer, b"200 first\r\n");
        connection.now += 60 * SECOND;
        let step = beyond(&mut connection, 10, LINE);
        assert_eq!(step, Step::Hold(Reason::HeldBack));
        connection.send(FromServer, b"200 second\r\n");
    }
}

#[test]
fn an_acknowledgment_of_what_is_missing_resynchronises() {
    let mut connection = greeted();
    connection.client("PASV");
    // The server's first 30 bytes go another way, and so does the line that is held back here.
    let step = beyond(&mut connection, 30, b"is lost\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    connection.skip(FromServer, 39);
    connection.acknowledge(FromClient);
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    // What was asked before is not answered any more, and the first line is skipped.
    connection.server("227 (192,0,2,1,19,137)");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["counted unrequested_passive"]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,138)");
    assert_eq!(connection.take_notes(), ["made PASV 5002"]);
}

/// The server answers what never came by before anything else shows that it is missing. The segment
/// behind it must not wait: a server that gets nothing acknowledges nothing anew.
#[test]
fn what_was_answered_is_not_waited_for() {
    let mut connection = greeted();
    connection.skip(FromClient, 6);
    connection.server("200 NOOP");
    connection.take_notes();
    assert!(matches!(connection.client("SYST"), Step::Parse { .. }));
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    connection.server("215 UNIX");
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    let notes = connection.take_notes();
    assert!(notes.contains(&"made PASV 5001".to_owned()), "{notes:?}");
}

/// What lies in front of what was claimed may still be on its way.
#[test]
fn a_claim_needs_all_that_is_missing() {
    let mut connection = greeted();
    let mut claim = connection.segment(FromClient, 0);
    claim.acknowledgment = claim.acknowledgment.wrapping_add(100);
    connection.deliver(FromClient, &claim, b"");
    let step = beyond(&mut connection, 99, LINE);
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    let step = beyond(&mut connection, 100, LINE);
    assert!(matches!(step, Step::Parse { .. }), "{step:?}");
}

/// Bytes of both sides went another way, so many of the server's that its answer to what it acknowledges
/// now is not read: still it shows where the client goes on.
#[test]
fn an_acknowledgment_that_is_not_accepted_is_evidence_too() {
    let mut connection = greeted();
    connection.skip(FromClient, 6);
    connection.acknowledge(FromServer);
    let mut segment = connection.segment(FromClient, 6);
    segment.acknowledgment = segment.acknowledgment.wrapping_add(1 << 20);
    let step = connection.deliver(FromClient, &segment, b"SYST\r\n");
    assert_eq!(step, Step::Pass(Reason::OutsideWindow));
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    assert!(matches!(connection.client("NOOP"), Step::Parse { .. }));
}

#[test]
fn lost_bytes_of_the_client() {
    let mut connection = greeted();
    let mut segment = connection.segment(FromClient, 6);
    segment.sequence = segment.sequence.wrapping_add(6);
    let step = connection.deliver(FromClient, &segment, b"NOOP\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    connection.skip(FromClient, 12);
    connection.server("200 ok");
    let notes = connection.take_notes();
    assert_eq!(notes, ["counted resynchronised", "counted stray_reply"]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["counted unrequested_passive"]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn a_lost_line_start_ends_an_open_multi_line_reply() {
    let mut connection = greeted();
    connection.client("PASV");
    connection.server("220-open");
    let step = beyond(&mut connection, 30, b"220 closed\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    connection.skip(FromServer, 42);
    connection.client("PASV");
    connection.server("rest of a line");
    connection.server("227 (192,0,2,1,19,137)");
    let notes = connection.take_notes();
    assert_eq!(notes, ["counted resynchronised", "made PASV 5001"]);
}

#[test]
fn what_was_expected_before_a_loss_still_is() {
    let mut connection = expecting();
    beyond(&mut connection, 30, LINE);
    connection.skip(FromServer, 30 + LINE.len());
    connection.acknowledge(FromClient);
    assert_eq!(connection.take_notes(), ["counted resynchronised"]);
    assert_eq!(connection.expectations.len(), 1);
    connection.finish(FromServer);
    assert_eq!(connection.take_notes(), ["ended PASV 5001 control_closed"]);
}

#[test]
fn an_acknowledgment_of_what_nobody_sent_proves_nothing() {
    let mut connection = greeted();
    for ahead in [1, 2, 100, 65_536, 1 << 30] {
        let mut segment = connection.segment(FromClient, 0);
        segment.acknowledgment = segment.acknowledgment.wrapping_add(ahead);
        connection.deliver(FromClient, &segment, b"");
    }
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn an_old_acknowledgment_changes_nothing() {
    let mut connection = greeted();
    let mut segment = connection.segment(FromClient, 6);
    segment.acknowledgment = segment.acknowledgment.wrapping_sub(5);
    connection.deliver(FromClient, &segment, b"PASV\r\n");
    connection.skip(FromClient, 6);
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn the_window_moves_with_the_acknowledgments() {
    let mut connection = greeted();
    for _ in 0..40 {
        connection.server(&format!("200 {}", "x".repeat(60_000)));
        connection.acknowledge(FromClient);
        let step = beyond(&mut connection, 60_000, LINE);
        assert_eq!(step, Step::Hold(Reason::HeldBack));
    }
    let step = beyond(&mut connection, 70_000, LINE);
    assert_eq!(step, Step::Pass(Reason::OutsideWindow));
}

#[test]
fn the_last_bytes_are_lost_and_the_fin_is_acknowledged() {
    for outstanding in [false, true] {
        let mut connection = expecting();
        if outstanding {
            connection.client("NOOP");
        }
        let mut segment = connection.segment(FromServer, 0);
        segment.sequence = segment.sequence.wrapping_add(9);
        segment.flags |= FIN;
        connection.deliver(FromServer, &segment, b"");
        connection.skip(FromServer, 10);
        connection.finish(FromClient);
        let notes = connection.take_notes();
        let expect = ["ended PASV 5001 control_closed", "counted resynchronised"];
        assert_eq!(notes, expect);
        assert_ne!(connection.session.ended, 0);
    }
}
