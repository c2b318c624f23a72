//! RST and FIN (RFC 9293, 3.6 and 3.10.7; RFC 5961, 3).

use ftp_track_common::{
    reason::Reason,
    segment::{ACK, FIN, RST},
    session::{LINGER, Step},
    tuple::Direction::{self, FromClient, FromServer},
};

use super::expecting;
use crate::support::connection::Connection;

/// A segment with `flags` at `offset` from the next byte.
fn flagged(connection: &mut Connection, direction: Direction, flags: u8, offset: i32) -> Step {
    let mut segment = connection.segment(direction, 0);
    segment.flags = flags;
    segment.sequence = segment.sequence.wrapping_add_signed(offset);
    connection.deliver(direction, &segment, b"")
}

#[test]
fn a_rst_in_the_window_ends_everything() {
    for direction in [FromClient, FromServer] {
        for flags in [RST, RST | ACK] {
            for offset in [0, 1, 1_000, 60_000] {
                let mut connection = expecting();
                let step = flagged(&mut connection, direction, flags, offset);
                assert_eq!(step, Step::Pass(Reason::None));
                assert_eq!(connection.take_notes(), ["ended PASV 5001 control_reset"]);
                let step = connection.client("PASV");
                assert_eq!(step, Step::Pass(Reason::AfterEnd));
            }
        }
    }
}

#[test]
fn a_rst_outside_of_the_window_ends_nothing() {
    for direction in [FromClient, FromServer] {
        for offset in [-100, -10_000, 70_000, 1 << 20, i32::MAX, i32::MIN + 100] {
            let mut connection = expecting();
            let step = flagged(&mut connection, direction, RST, offset);
            assert_eq!(step, Step::Pass(Reason::BadReset), "{offset}");
            assert_eq!(connection.take_notes(), [""; 0]);
        }
    }
}

#[test]
fn a_forged_fin_ends_nothing() {
    for direction in [FromClient, FromServer] {
        for offset in [-1, -100, -100_000, 70_000, i32::MAX, i32::MIN + 100] {
            let mut connection = expecting();
            flagged(&mut connection, direction, FIN | ACK, offset);
            assert_eq!(connection.take_notes(), [""; 0], "{offset}");
            // The real one does.
            connection.finish(direction);
            let notes = connection.take_notes();
            assert_eq!(notes, ["ended PASV 5001 control_closed"], "{offset}");
        }
    }
}

#[test]
fn a_fin_with_data() {
    let mut connection = expecting();
    let mut segment = connection.segment(FromServer, 9);
    segment.flags |= FIN;
    connection.deliver(FromServer, &segment, b"221 bye\r\n");
    let notes = connection.take_notes();
    assert_eq!(
        notes,
        ["counted stray_reply", "ended PASV 5001 control_closed"]
    );
}

#[test]
fn a_fin_ahead_of_its_data_waits_for_it() {
    let mut connection = expecting();
    let mut segment = connection.segment(FromServer, 0);
    segment.sequence = segment.sequence.wrapping_add(9);
    segment.flags |= FIN;
    let step = connection.deliver(FromServer, &segment, b"");
    assert_eq!(step, Step::Pass(Reason::None));
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.server("221 bye");
    let notes = connection.take_notes();
    assert_eq!(
        notes,
        ["counted stray_reply", "ended PASV 5001 control_closed"]
    );
}

#[test]
fn a_fin_waits_for_the_last_byte() {
    let mut connection = expecting();
    let mut segment = connection.segment(FromServer, 0);
    segment.sequence = segment.sequence.wrapping_add(9);
    segment.flags |= FIN;
    connection.deliver(FromServer, &segment, b"");
    connection.send(FromServer, b"221 bye\r");
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.send(FromServer, b"\n");
    let notes = connection.take_notes();
    assert_eq!(
        notes,
        ["counted stray_reply", "ended PASV 5001 control_closed"]
    );
}

#[test]
fn a_fin_with_data_beyond_a_gap_waits_too() {
    let mut connection = expecting();
    let mut segment = connection.segment(FromServer, 9);
    segment.sequence = segment.sequence.wrapping_add(8);
    segment.flags |= FIN;
    let step = connection.deliver(FromServer, &segment, b"221 bye\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.send(FromServer, b"200 ok\r\n");
    assert_eq!(connection.take_notes(), ["counted stray_reply"]);
    connection.send(FromServer, b"221 bye\r\n");
    let notes = connection.take_notes();
    assert_eq!(
        notes,
        ["counted stray_reply", "ended PASV 5001 control_closed"]
    );
}

#[test]
fn a_repeated_fin_changes_nothing() {
    let mut connection = expecting();
    connection.client("NOOP");
    connection.finish(FromClient);
    assert_eq!(connection.take_notes(), [""; 0]);
    flagged(&mut connection, FromClient, FIN | ACK, -1);
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.server("200 ok");
    assert_eq!(connection.take_notes(), ["ended PASV 5001 control_closed"]);
    connection.finish(FromServer);
    let step = flagged(&mut connection, FromServer, FIN | ACK, -1);
    assert_eq!(step, Step::Pass(Reason::AfterEnd));
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn an_ended_session_lingers() {
    let mut connection = expecting();
    assert!(!connection.session.is_expired(connection.now));
    connection.reset(FromServer);
    let end = connection.now;
    assert!(!connection.session.is_expired(end + LINGER));
    assert!(connection.session.is_expired(end + LINGER + 1));
}

#[test]
fn an_idle_session_expires() {
    let mut connection = expecting();
    let idle = connection.rule.session_idle;
    let seen = connection.now;
    assert!(!connection.session.is_expired(seen + idle));
    assert!(connection.session.is_expired(seen + idle + 1));
    connection.now += idle;
    connection.acknowledge(FromClient);
    assert!(!connection.session.is_expired(seen + idle + 1));
}
