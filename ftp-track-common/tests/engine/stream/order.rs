//! Each byte once and in order, whatever the segments are (RFC 9293, 3.4 and 3.10.7.4).

use ftp_track_common::{
    interface::LOCAL,
    reason::Reason,
    segment::{FIN, SYN},
    session::Step,
    tuple::Direction::{self, FromClient, FromServer},
};

use super::{expecting, greeted};
use crate::support::connection::Connection;

const PASSIVE: &[u8] = b"227 (192,0,2,1,19,137)\r\n";

/// Sends `bytes` as they stand at `offset` from the next byte.
fn at(connection: &mut Connection, direction: Direction, offset: i32, bytes: &[u8]) -> Step {
    let mut segment = connection.segment(direction, bytes.len());
    segment.sequence = segment.sequence.wrapping_add_signed(offset);
    connection.deliver(direction, &segment, bytes)
}

#[test]
fn split_at_every_byte() {
    for split in 1..PASSIVE.len() {
        let mut connection = greeted();
        connection.client("PASV");
        let (first, second) = PASSIVE.split_at(split);
        connection.send(FromServer, first);
        assert_eq!(connection.take_notes(), [""; 0], "{split}");
        connection.send(FromServer, second);
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{split}");
    }
}

#[test]
fn a_command_split_at_every_byte() {
    let line = b"PORT 10,0,0,1,19,137\r\n";
    for split in 1..line.len() {
        let mut connection = greeted();
        let (first, second) = line.split_at(split);
        connection.send(FromClient, first);
        connection.send(FromClient, second);
        connection.server("200 ok");
        assert_eq!(connection.take_notes(), ["made PORT 5001"], "{split}");
    }
}

#[test]
fn many_lines_in_a_large_segment() {
    let mut connection = greeted();
    let mut commands = b"NOOP\r\n".repeat(10_000);
    commands.extend_from_slice(b"PASV\r\n");
    connection.send(FromClient, &commands);
    let mut replies = b"200 ok\r\n".repeat(10_000);
    replies.extend_from_slice(PASSIVE);
    connection.send(FromServer, &replies);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn the_servers_numbers_wrap() {
    let mut connection = greeted();
    assert!(connection.next[1] > 100, "not yet");
    connection.client("PASV");
    connection.send(FromServer, PASSIVE);
    assert!(connection.next[1] < 100, "wrapped");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn wrap_inside_of_a_line() {
    for before in 0..40u32 {
        let mut connection = greeted();
        connection.client("PASV");
        connection.session.sequences[1].open(0u32.wrapping_sub(before), 0, 3);
        connection.next[1] = 0u32.wrapping_sub(before);
        let (first, second) = PASSIVE.split_at(10);
        let step = at(&mut connection, FromServer, 10, second);
        assert_eq!(step, Step::Hold(Reason::HeldBack), "{before}");
        connection.send(FromServer, first);
        connection.send(FromServer, second);
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{before}");
        let step = at(&mut connection, FromServer, -24, PASSIVE);
        assert_eq!(step, Step::Pass(Reason::Retransmission), "{before}");
    }
}

#[test]
fn a_retransmission_counts_once() {
    let mut connection = greeted();
    connection.client("PASV");
    connection.send(FromServer, PASSIVE);
    connection.take_notes();
    connection.client("PASV");
    connection.take_notes();
    let length = PASSIVE.len() as i32;
    let step = at(&mut connection, FromServer, -length, PASSIVE);
    assert_eq!(step, Step::Pass(Reason::Retransmission));
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn a_retransmission_with_other_bytes_is_not_read() {
    let mut connection = greeted();
    connection.client("NOOP");
    let step = at(&mut connection, FromClient, -6, b"PASV\r\n");
    assert_eq!(step, Step::Pass(Reason::Retransmission));
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["counted unrequested_passive"]);
}

#[test]
fn of_an_overlap_only_what_is_new_is_read() {
    for old in 0..PASSIVE.len() {
        let mut connection = greeted();
        connection.client("PASV");
        connection.send(FromServer, &PASSIVE[..old]);
        let mut bytes = vec![b'\n'; old];
        bytes.extend_from_slice(&PASSIVE[old..]);
        let step = at(&mut connection, FromServer, -(old as i32), &bytes);
        assert_eq!(step, Step::Parse { skip: old as u32 });
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{old}");
    }
}

#[test]
fn a_longer_retransmission_brings_the_next_line() {
    let mut connection = greeted();
    connection.client("NOOP");
    let step = at(&mut connection, FromClient, -6, b"NOOP\r\nPASV\r\n");
    assert_eq!(step, Step::Parse { skip: 6 });
    connection.server("200 ok");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn beyond_a_gap_it_waits() {
    let mut connection = greeted();
    connection.client("PASV");
    let (first, second) = PASSIVE.split_at(8);
    for _ in 0..3 {
        let step = at(&mut connection, FromServer, 8, second);
        assert_eq!(step, Step::Hold(Reason::HeldBack));
    }
    assert_eq!(connection.send(FromServer, first), Step::Parse { skip: 0 });
    assert_eq!(connection.take_notes(), [""; 0]);
    connection.send(FromServer, second);
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn outside_of_the_window() {
    let mut connection = expecting();
    for ahead in [70_000, 1 << 20, i32::MAX] {
        let step = at(&mut connection, FromServer, ahead, b"421 bye\r\n");
        assert_eq!(step, Step::Pass(Reason::OutsideWindow), "{ahead}");
    }
    let step = at(&mut connection, FromServer, 60_000, b"421 bye\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
    for behind in [-1_000, -100_000, i32::MIN + 1_000] {
        let step = at(&mut connection, FromServer, behind, b"421 bye\r\n");
        assert_eq!(step, Step::Pass(Reason::Retransmission), "{behind}");
    }
    assert_eq!(connection.take_notes(), [""; 0]);
}

/// The receiver drops what acknowledges bytes that it cannot have sent, or much older ones (RFC 9293,
/// 3.10.7.4; RFC 5961, 5).
#[test]
fn an_acknowledgment_that_the_receiver_does_not_accept() {
    const LARGEST: i32 = u16::MAX as i32;
    for (ahead, read) in [
        (0, true),
        (LARGEST + 1, true),
        (LARGEST + 2, false),
        (0x7000_0000, false),
        (i32::MIN, false),
        (-LARGEST, true),
        (-LARGEST - 1, false),
    ] {
        let mut connection = greeted();
        connection.client("PASV");
        connection.acknowledge(FromServer);
        let mut segment = connection.segment(FromServer, PASSIVE.len());
        segment.acknowledgment = segment.acknowledgment.wrapping_add_signed(ahead);
        let step = connection.deliver(FromServer, &segment, PASSIVE);
        let outside = step == Step::Pass(Reason::OutsideWindow);
        assert_eq!(
            (connection.take_notes().len(), outside),
            (read.into(), !read),
            "{ahead}"
        );
        segment.flags |= FIN;
        connection.deliver(FromServer, &segment, PASSIVE);
        assert_eq!(connection.session.ended != 0, read, "{ahead}: its FIN");
    }
}

/// The receiver's window is full: it drops whatever comes but a probe, of which it may keep the byte.
#[test]
fn a_full_window() {
    for kept in [false, true] {
        let mut connection = greeted();
        // All that the first window has room for.
        let room = vec![b'x'; usize::from(u16::MAX) - "220 ready\r\n\r\n".len()];
        connection.send(FromServer, &room);
        connection.send(FromServer, b"\r\n");
        let mut segment = connection.segment(FromClient, 6);
        segment.window = 0;
        connection.deliver(FromClient, &segment, b"PASV\r\n");
        connection.skip(FromClient, 6);
        connection.take_notes();
        let hostile = at(
            &mut connection,
            FromServer,
            0,
            b"227 (192,0,2,1,19,138)\r\n",
        );
        assert_eq!(hostile, Step::Pass(Reason::OutsideWindow));
        let probe = at(&mut connection, FromServer, 0, &PASSIVE[..1]);
        assert_eq!(probe, Step::Parse { skip: 0 });
        let again = at(&mut connection, FromServer, 0, &PASSIVE[..1]);
        assert_eq!(again, Step::Pass(Reason::Retransmission));
        let rest = if kept { 1 } else { 0 };
        connection.skip(FromServer, rest);
        connection.acknowledge(FromClient);
        connection.send(FromServer, &PASSIVE[rest..]);
        assert_eq!(connection.take_notes(), ["made PASV 5001"], "{kept}");
    }
}

#[test]
fn without_ack_or_with_syn() {
    let mut connection = expecting();
    let mut segment = connection.segment(FromServer, 9);
    segment.flags = 0;
    let step = connection.deliver(FromServer, &segment, b"421 bye\r\n");
    assert_eq!(step, Step::Pass(Reason::OutsideWindow));
    let mut segment = connection.segment(FromServer, 9);
    segment.flags |= SYN;
    let step = connection.deliver(FromServer, &segment, b"421 bye\r\n");
    assert_eq!(step, Step::Pass(Reason::None));
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn by_another_interface() {
    let mut connection = expecting();
    for (direction, interface) in [(FromClient, 99), (FromServer, 99), (FromServer, LOCAL)] {
        let mut segment = connection.segment(direction, 9);
        segment.interface = interface;
        segment.flags |= FIN;
        let step = connection.deliver(direction, &segment, b"421 bye\r\n");
        assert_eq!(step, Step::Pass(Reason::WrongInterface));
    }
    assert_eq!(connection.take_notes(), [""; 0]);
    // Nobody knows by which.
    let mut segment = connection.segment(FromServer, 9);
    segment.interface = 0;
    connection.deliver(FromServer, &segment, b"421 bye\r\n");
    assert_eq!(connection.take_notes(), ["ended PASV 5001 service_closing"]);
}

#[test]
fn two_at_once_in_one_direction() {
    let mut connection = greeted();
    let segment = connection.segment(FromClient, 6);
    let mut outcome = Default::default();
    let now = connection.now;
    let first = connection
        .session
        .receive(FromClient, &segment, now, &mut outcome);
    assert_eq!(first, Step::Parse { skip: 0 });
    let step = connection.deliver(FromClient, &segment, b"PASV\r\n");
    assert_eq!(step, Step::Hold(Reason::StreamBusy));
    // The other direction is free.
    assert_eq!(connection.server("200 ok"), Step::Parse { skip: 0 });
    let end = segment.sequence + 6;
    connection
        .session
        .commit(FromClient, end, now, &mut outcome);
    let step = connection.deliver(FromClient, &segment, b"PASV\r\n");
    assert_eq!(step, Step::Pass(Reason::Retransmission));
}
