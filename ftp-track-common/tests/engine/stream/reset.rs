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
fn a_rst_where_the_receiver_waits_ends_everything() {
    for direction in [FromClient, FromServer] {
        for flags in [RST, RST | ACK] {
            let mut connection = expecting();
            let step = flagged(&mut connection, direction, flags, 0);
            assert_eq!(step, Step::Pass(Reason::None));
            assert_eq!(connection.take_notes(), ["ended PASV 5001 control_reset"]);
            let step = connection.client("PASV");
            assert_eq!(step, Step::Pass(Reason::AfterEnd));
        }
    }
}

/// How much of what was sent has arrived only its receiver knows.
#[test]
fn a_rst_among_what_is_on_its_way() {
    for (offset, ends) in [(-22, false), (-21, true), (-8, true), (0, true), (1, false)] {
        let mut connection = expecting();
        connection.acknowledge(FromClient);
        connection.send(FromServer, b"150 sending\r\n");
        connection.send(FromServer, b"226 ok\r\n");
        connection.take_notes();
        flagged(&mut connection, FromServer, RST, offset);
        assert_eq!(connection.session.ended != 0, ends, "{offset}");
    }
}

#[test]
fn a_rst_anywhere_else_ends_nothing() {
    for direction in [FromClient, FromServer] {
        for offset in [
            -100,
            -10_000,
            1,
            1_000,
            60_000,
            70_000,
            1 << 20,
            i32::MAX,
            i32::MIN + 100,
        ] {
            let mut connection = expecting();
            let step = flagged(&mut connection, direction, RST, offset);
            assert_eq!(step, Step::Pass(Reason::BadReset), "{offset}");
            assert_eq!(connection.take_notes(), [""; 0]);
        }
    }
}

/// A FIN takes a number.
#[test]
fn a_rst_behind_a_fin() {
    for (offset, ends) in [(-1, true), (0, true), (1, false)] {
        let mut connection = expecting();
        connection.finish(FromClient);
        connection.take_notes();
        flagged(&mut connection, FromClient, RST, offset);
        assert_eq!(connection.session.ended != 0, ends, "{offset}");
    }
    // The FIN went another way.
    let mut connection = expecting();
    connection.skip(FromClient, 1);
    connection.acknowledge(FromServer);
    connection.reset(FromClient);
    assert_ne!(connection.session.ended, 0);
}

/// While the other side has not been seen nobody knows what it has sent.
#[test]
fn a_rst_of_a_connection_that_was_picked_up() {
    for offset in [0, 1, 60_000] {
        let mut connection = Connection::picked_up(FromClient);
        connection.client("NOOP");
        flagged(&mut connection, FromServer, RST, offset);
        assert_ne!(connection.session.ended, 0, "{offset}");
        let mut connection = Connection::picked_up(FromClient);
        connection.client("NOOP");
        connection.server("200 ok");
        connection.acknowledge(FromClient);
        flagged(&mut connection, FromServer, RST, offset);
        assert_eq!(connection.session.ended != 0, offset == 0, "{offset}");
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

/// There is nothing behind a FIN: where the stream goes on, it was forged.
#[test]
fn a_fin_that_the_stream_passes_was_forged() {
    for lines in [
        &[&b"200 go on\r\n"[..], b"200 go on\r\n"][..],
        &[b"200 go\r\n200 on\r\n"],
    ] {
        let mut connection = expecting();
        flagged(&mut connection, FromServer, FIN | ACK, 13);
        for line in lines {
            connection.send(FromServer, line);
        }
        assert_eq!(connection.session.ended, 0);
        connection.take_notes();
        connection.finish(FromServer);
        assert_eq!(connection.take_notes(), ["ended PASV 5001 control_closed"]);
    }
}

/// What is next the receiver takes before what is ahead.
#[test]
fn a_forged_fin_does_not_hide_the_real_one() {
    let mut connection = expecting();
    flagged(&mut connection, FromServer, FIN | ACK, 1_000);
    connection.finish(FromServer);
    assert_eq!(connection.take_notes(), ["ended PASV 5001 control_closed"]);
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
