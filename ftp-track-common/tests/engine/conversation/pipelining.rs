//! Commands that do not wait for their answers.

use super::{Row, check};
use crate::support::{connection::Connection, transcript::Transcript};

#[test]
fn order() {
    check(&[
        Row {
            name: "replies pair by order",
            transcript: "
                < 220 ready
                > USER x
                > PASS y
                > PORT 10,0,0,1,19,137
                > LIST
                < 331 password
                < 230 in
                < 200 ok
                = made PORT 5001
                < 150 here
                < 226 done",
        },
        Row {
            name: "a 227 finds its PASV even if an earlier command got no reply",
            transcript: "
                < 220 ready
                > NOOP
                > TYPE I
                > PASV
                > TYPE A
                < 200 ok
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 200 ok
                < 200 ok
                = counted stray_reply",
        },
        Row {
            name: "two PASV at once: the second voids the first before it could be used",
            transcript: "
                < 220 ready
                > PASV
                > PASV
                < 227 (192,0,2,1,19,137)
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "PASV and RETR twice at once",
            transcript: "
                < 220 ready
                > PASV
                > RETR a
                > PASV
                > RETR b
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 150 a
                < 226 a
                = ended PASV 5001 replaced
                < 227 (192,0,2,1,19,138)
                = made PASV 5002
                < 150 b
                < 226 b",
        },
        Row {
            name: "PORT refused in the middle of others",
            transcript: "
                < 220 ready
                > TYPE I
                > PORT 10,0,0,1,19,137
                > PORT 10,0,0,1,19,138
                > RETR a
                < 200 ok
                < 500 no
                = refused PORT 5001 refused_by_server
                < 200 ok
                = made PORT 5002
                < 150 a
                < 226 a",
        },
        Row {
            name: "a reply skipped, and a newer PASV right behind",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR a
                > PASV
                > PASV
                < 227 (192,0,2,1,19,138)
                = ended PASV 5001 replaced
                < 227 (192,0,2,1,19,139)
                = made PASV 5003",
        },
        Row {
            name: "an empty line is not a command",
            transcript: r"
                < 220 ready
                > NOOP
                > 
                >  \t
                > PORT 10,0,0,1,19,137
                < 200 ok
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "an unknown command is one, and gets its reply",
            transcript: "
                < 220 ready
                > NOOP
                > XYZZY
                > PORT 10,0,0,1,19,137
                < 200 ok
                < 500 what
                < 200 ok
                = made PORT 5001",
        },
    ]);
}

/// A transcript in which `count` times `command` is sent before the replies come.
fn outstanding(count: usize, command: &str, replies: &str) -> Transcript {
    let mut text = String::from("< 220 ready\n");
    text.push_str(&format!("> {command}\n").repeat(count));
    text.push_str("> PORT 10,0,0,1,19,137\n");
    text.push_str(&format!("< {replies}\n").repeat(count));
    text.push_str("< 200 ok\n");
    Transcript::parse(&text).expect("a transcript")
}

fn last_notes(transcript: &Transcript) -> Vec<String> {
    transcript.play().pop().expect("there was a last turn")
}

#[test]
fn hundreds_outstanding() {
    for count in [1, 31, 32, 33, 255, 256, 257, 700] {
        let transcript = outstanding(count, "NOOP", "200 ok");
        assert_eq!(last_notes(&transcript), ["made PORT 5001"], "{count}");
        let long = outstanding(count, "SITE HELP", "214-list\n< 214-more\n< 214 end");
        assert_eq!(last_notes(&long), ["made PORT 5001"], "{count}");
    }
}

#[test]
fn thirty_two_requests_are_remembered() {
    let full = outstanding(31, "AUTH TLS", "500 no");
    assert_eq!(last_notes(&full), ["made PORT 5001"]);
    let over = outstanding(32, "AUTH TLS", "500 no");
    assert_eq!(last_notes(&over), [""; 0]);
    assert_eq!(
        over.play().concat(),
        [
            "refused PORT 5001 too_many_requests",
            "counted too_many_requests"
        ]
    );
}

#[test]
fn pairing_recovers_from_too_many_requests() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    for _ in 0..40 {
        connection.client("PASV");
    }
    for port in 0..40 {
        connection.server(&format!("227 (192,0,2,1,20,{port})"));
    }
    connection.take_notes();
    connection.client("PORT 10,0,0,1,19,137");
    connection.server("200 ok");
    let notes = connection.take_notes();
    let expect = ["ended PASV 5151 replaced", "made PORT 5001"];
    assert_eq!(notes, expect);
}

#[test]
fn what_was_forgotten_is_answered_in_its_place() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    for _ in 0..300 {
        connection.client("PASV");
        connection.client("NOOP");
    }
    for port in 0..300 {
        let [high, low] = (5_000u16 + port).to_be_bytes();
        connection.server(&format!("227 (192,0,2,1,{high},{low})"));
        connection.server("200 ok");
    }
    assert_eq!(connection.session.conversation.outstanding(), 0);
    connection.take_notes();
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(
        connection.take_notes(),
        ["ended PASV 5031 replaced", "made PASV 5001"]
    );
}

#[test]
fn a_forgotten_auth_is_not_read_on() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    for _ in 0..32 {
        connection.client("PASV");
    }
    connection.client("AUTH TLS");
    for _ in 0..32 {
        connection.server("500 no");
    }
    assert!(!connection.session.conversation.is_opaque());
    connection.server("234 go");
    assert!(connection.session.conversation.is_opaque());
}
