//! Connections that are older than the tracker.

use ftp_track_common::{
    reason::Reason,
    session::Step,
    tuple::Direction::{FromClient, FromServer},
};

use crate::support::connection::Connection;

#[test]
fn from_the_clients_side() {
    let mut connection = Connection::picked_up(FromClient);
    assert!(connection.session.is_picked_up());
    assert!(!connection.session.is_confirmed());
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert!(connection.session.is_confirmed());
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn from_the_servers_side() {
    let mut connection = Connection::picked_up(FromServer);
    connection.server("226 done");
    assert_eq!(connection.take_notes(), ["counted stray_reply"]);
    connection.client("PORT 10,0,0,1,19,137");
    connection.server("200 ok");
    assert_eq!(connection.take_notes(), ["made PORT 5001"]);
}

/// As long as one side has not been seen nobody knows what it may have sent.
#[test]
fn with_an_acknowledgment_that_nobody_can_judge() {
    let mut connection = Connection::picked_up(FromClient);
    for ahead in [0, 1 << 20, i32::MAX, i32::MIN] {
        let mut segment = connection.segment(FromClient, 6);
        segment.acknowledgment = segment.acknowledgment.wrapping_add_signed(ahead);
        let step = connection.deliver(FromClient, &segment, b"NOOP\r\n");
        assert!(matches!(step, Step::Parse { .. }), "{ahead}: {step:?}");
        connection.skip(FromClient, 6);
    }
}

#[test]
fn in_the_middle_of_a_line() {
    let mut connection = Connection::picked_up(FromServer);
    connection.server("tering Passive Mode (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["counted not_a_reply"]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn in_the_middle_of_a_multi_line_reply() {
    let mut connection = Connection::picked_up(FromServer);
    connection.server("214-USER");
    connection.server("214 end");
    assert_eq!(connection.take_notes(), ["counted stray_reply"]);
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn with_a_command_that_nobody_may_begin_with() {
    let mut connection = Connection::picked_up(FromClient);
    connection.client("SV");
    connection.server("500 what");
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn a_browser_in_the_middle() {
    for (lines, made) in [
        (&["POST / HTTP/1.1", "Host: example", ""][..], false),
        (&["a: part", "of: one", "LIST"][..], false),
        (&["XYZZY", "XYZZY", "LIST"][..], false),
        (&["LIST", "Host: example"][..], false),
        (&["a name: part two", "LIST"][..], true),
        (&["XYZZY", "LIST", "XYZZY", "XYZZY"][..], true),
    ] {
        let mut connection = Connection::picked_up(FromClient);
        lines.iter().for_each(|line| {
            connection.client(line);
        });
        connection.acknowledge(FromServer);
        for _ in lines.iter().filter(|line| !line.is_empty()) {
            connection.server("200 ok");
        }
        connection.client("PORT 10,0,0,1,19,137");
        connection.server("200 ok");
        assert_eq!(!connection.expectations.is_empty(), made, "{lines:?}");
    }
}

#[test]
fn its_syn_was_seen() {
    for (lines, made) in [
        (&["> PORT 10,0,0,1,19,137", "< 200 ok"][..], false),
        (&["< 220 ready", "> POST / HTTP/1.1"][..], false),
        (&["< 220 ready", "> USER a", "< 230 in"][..], true),
        (&["< 200 no greeting", "> POST / HTTP/1.1"][..], false),
    ] {
        let direction = if lines[0].starts_with('<') {
            FromServer
        } else {
            FromClient
        };
        let mut connection = Connection::picked_up(direction);
        connection.session.begin();
        for line in lines {
            match line.split_at(2) {
                ("> ", line) => connection.client(line),
                (_, line) => connection.server(line),
            };
        }
        connection.client("PORT 10,0,0,1,19,137");
        connection.server("200 ok");
        assert_eq!(!connection.expectations.is_empty(), made, "{lines:?}");
    }
}

#[test]
fn one_side_alone_makes_nothing() {
    let mut connection = Connection::picked_up(FromClient);
    connection.client("PASV");
    // A forged reply that does not know the client's numbers.
    let line = b"227 (192,0,2,1,19,137)\r\n";
    let mut segment = connection.segment(FromServer, line.len());
    segment.acknowledgment = segment.acknowledgment.wrapping_add(5_000);
    connection.deliver(FromServer, &segment, line);
    assert!(!connection.session.is_confirmed());
    assert_eq!(connection.take_notes(), ["refused PASV 5001 unconfirmed"]);
    assert!(connection.expectations.is_empty());
}

#[test]
fn the_first_segment_is_where_it_begins() {
    let mut connection = Connection::picked_up(FromClient);
    connection.client("NOOP");
    let mut segment = connection.segment(FromClient, 6);
    segment.sequence = segment.sequence.wrapping_sub(12);
    let step = connection.deliver(FromClient, &segment, b"PASV\r\n");
    assert_eq!(step, Step::Pass(Reason::Retransmission));
    assert_eq!(connection.acknowledge(FromServer), Step::Pass(Reason::None));
}

#[test]
fn a_large_window_is_assumed() {
    let mut connection = Connection::picked_up(FromClient);
    connection.client("NOOP");
    let mut segment = connection.segment(FromClient, 6);
    segment.sequence = segment.sequence.wrapping_add(1 << 20);
    let step = connection.deliver(FromClient, &segment, b"PASV\r\n");
    assert_eq!(step, Step::Hold(Reason::HeldBack));
}

/// Who is forgotten before he has shown that he speaks FTP may not be picked up.
#[test]
fn who_is_doubtful() {
    let mut silent = Connection::v4();
    silent.server("220 ready");
    assert!(silent.session.is_doubtful());
    silent.reset(FromServer);
    assert!(silent.session.is_doubtful(), "however it ends");
    let mut browser = Connection::v4();
    browser.server("220 ready");
    browser.client("POST / HTTP/1.1");
    assert!(browser.session.is_doubtful());
    let mut user = Connection::v4();
    user.server("220 ready");
    user.client("USER anonymous");
    assert!(!user.session.is_doubtful());
    user.client("Host: server");
    assert!(user.session.is_doubtful(), "a header: no FTP after all");
    assert!(!Connection::picked_up(FromClient).session.is_doubtful());
}
