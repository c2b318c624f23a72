//! The argument of EPRT (RFC 2428, 2).

use ftp_track_common::{address::Address, command::Command};

use crate::support::{
    agreement,
    connection::{CLIENT_V6, address},
};

/// The argument, and the port that it names for the address.
const V4: &[(&str, Option<u16>)] = &[
    ("|1|10.0.0.1|5001|", Some(5001)),
    ("|1|10.0.0.1|5001| ", Some(5001)),
    ("|1|10.0.0.1|5001| \t \r", Some(5001)),
    ("|01|010.000.0.001|05001|", Some(5001)),
    ("|0000001|10.0.0.1|000000005001|", Some(5001)),
    ("|1|10.0.0.1|0|", Some(0)),
    ("|1|10.0.0.1|1|", Some(1)),
    ("|1|10.0.0.1|1023|", Some(1023)),
    ("|1|10.0.0.1|65535|", Some(65_535)),
    ("|1|10.0.0.1|65536|", None),
    ("|1|10.0.0.1|70537|", None),
    ("|1|10.0.0.1|4294972297|", None),
    ("|1|10.0.0.1|18446744073709556617|", None),
    ("|1|10.0.0.1||", None),
    ("|1|10.0.0.1|", None),
    ("|1|10.0.0.1|5001", None),
    ("|1|10.0.0.1|5001 |", None),
    ("|1|10.0.0.1|5001||", None),
    ("|1|10.0.0.1|5001|x", None),
    ("|1|10.0.0.1|5001|\rx", None),
    ("|1|10.0.0.1|5001|6|", None),
    ("|1|10.0.0.1|-1|", None),
    ("|1|10.0.0.1|+5001|", None),
    ("|1|10.0.0.1|50 01|", None),
    ("|1|10.0.0.1|ftp|", None),
    ("|1||5001|", None),
    ("||10.0.0.1|5001|", None),
    ("|||5001|", None),
    ("|0|10.0.0.1|5001|", None),
    ("|2|10.0.0.1|5001|", None),
    ("|3|10.0.0.1|5001|", None),
    ("|257|10.0.0.1|5001|", None),
    ("|65537|10.0.0.1|5001|", None),
    ("|4294967297|10.0.0.1|5001|", None),
    ("|x|10.0.0.1|5001|", None),
    ("|1|10.0.0|5001|", None),
    ("|1|10.0.0.1.|5001|", None),
    ("|1|.10.0.0.1|5001|", None),
    ("|1|10..0.1|5001|", None),
    ("|1|10.0.0.1.2|5001|", None),
    ("|1|10.0.0.256|5001|", None),
    ("|1|266.0.0.1|5001|", None),
    ("|1|4294967306.0.0.1|5001|", None),
    ("|1|10.0.0.x|5001|", None),
    ("|1|10.0.0.a|5001|", None),
    ("|1|10,0,0,1|5001|", None),
    ("|1| 10.0.0.1|5001|", None),
    ("|1|10.0.0.1 |5001|", None),
    ("|1|0xa.0.0.1|5001|", None),
    ("|1|167772161|5001|", None),
    ("|1|::ffff:10.0.0.1|5001|", None),
    ("|1|localhost|5001|", None),
    ("|1/10.0.0.1|5001|", None),
    ("|1|10.0.0.1/5001|", None),
    ("1|10.0.0.1|5001|", None),
    ("(|1|10.0.0.1|5001|)", None),
    ("", None),
    (" ", None),
    ("|", None),
    ("||||", None),
    ("|||||", None),
    ("10,0,0,1,19,137", None),
];

#[test]
fn v4_rows() {
    let client = Address::from_v4([10, 0, 0, 1]);
    for &(argument, port) in V4 {
        let line = format!("EPRT {argument}");
        let expect = port.map_or(Command::MalformedEprt, |port| Command::Eprt(client, port));
        assert_eq!(
            agreement::parse_command(line.as_bytes()),
            expect,
            "{line:?}"
        );
        agreement::on_command(line.as_bytes());
    }
}

#[test]
fn v6_rows() {
    let client = address(CLIENT_V6);
    for (argument, good) in [
        ("|2|2001:db8::1|5001|", true),
        ("|2|2001:DB8::1|5001|", true),
        ("|2|2001:0db8:0000:0000:0000:0000:0000:0001|5001|", true),
        ("|2|2001:db8:0:0::0:0:1|5001|", true),
        ("|2|2001:db8::0.0.0.1|5001|", true),
        ("|2|2001:db8::000.0.0.001|5001|", true),
        ("!2!2001:db8::1!5001!", true),
        ("|2|2001:db8::1%eth0|5001|", false),
        ("|2|[2001:db8::1]|5001|", false),
        ("|2|2001:db8:::1|5001|", false),
        ("|2|2001:db8::1::|5001|", false),
        ("|2|2001:db8|5001|", false),
        ("|2|2001:db8::00001|5001|", false),
        ("|1|2001:db8::1|5001|", false),
        (":2:2001:db8::1:5001:", false),
    ] {
        let line = format!("EPRT {argument}");
        let expect = if good {
            Command::Eprt(client, 5001)
        } else {
            Command::MalformedEprt
        };
        assert_eq!(agreement::parse_command(line.as_bytes()), expect, "{line}");
        agreement::on_command(line.as_bytes());
    }
}

/// Every byte as delimiter: 33 to 126 are good unless they stand in the fields themselves.
#[test]
fn delimiters() {
    let client = Address::from_v4([10, 0, 0, 1]);
    for delimiter in 0..=255u8 {
        let mut line = b"EPRT ".to_vec();
        for field in ["", "1", "10.0.0.1", "5001"] {
            line.extend_from_slice(field.as_bytes());
            line.push(delimiter);
        }
        line.push(b'\r');
        // A line end or Telnet command would not stay in the line.
        if delimiter == b'\n' || delimiter == 255 {
            continue;
        }
        let good = (33..=126).contains(&delimiter) && !b"015.".contains(&delimiter);
        let expect = if good {
            Command::Eprt(client, 5001)
        } else {
            Command::MalformedEprt
        };
        assert_eq!(agreement::parse_command(&line), expect, "{delimiter}");
        agreement::on_command(&line);
    }
}

#[test]
fn verb_and_argument() {
    let client = Address::from_v4([10, 0, 0, 1]);
    for (line, good) in [
        ("eprt |1|10.0.0.1|5001|", true),
        ("EPRT\t|1|10.0.0.1|5001|", true),
        ("EPRT   |1|10.0.0.1|5001|\r", true),
        ("EPRT", false),
        ("EPRT\r", false),
    ] {
        let expect = if good {
            Command::Eprt(client, 5001)
        } else {
            Command::MalformedEprt
        };
        assert_eq!(agreement::parse_command(line.as_bytes()), expect, "{line}");
    }
}
