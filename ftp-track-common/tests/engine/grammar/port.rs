//! The argument of PORT (RFC 959, 4.1.2 and 5.3.2).

use ftp_track_common::{address::Address, command::Command};

use crate::support::agreement;

/// The line, and whether it is `PORT 10,0,0,1,19,137`.
const ROWS: &[(&str, bool)] = &[
    ("PORT 10,0,0,1,19,137", true),
    ("PORT 10,0,0,1,19,137\r", true),
    ("PORT 10,0,0,1,19,137\r\r", true),
    ("PORT 10,0,0,1,19,137 ", true),
    ("PORT 10,0,0,1,19,137  \t \r", true),
    ("PORT  10,0,0,1,19,137\r", true),
    ("PORT\t10,0,0,1,19,137\r", true),
    ("PORT \t 10,0,0,1,19,137\r", true),
    ("port 10,0,0,1,19,137\r", true),
    ("PoRt 10,0,0,1,19,137\r", true),
    ("PORT 010,000,00,001,019,0137\r", true),
    ("PORT 10,0,0,1,0000000000000000000019,137\r", true),
    ("PORT 10, 0, 0, 1, 19, 137\r", true),
    ("PORT 10,   0,0,1,19,137\r", true),
    // Nothing, too few, too many.
    ("PORT", false),
    ("PORT\r", false),
    ("PORT \r", false),
    ("PORT 1\r", false),
    ("PORT 10,0,0,1\r", false),
    ("PORT 10,0,0,1,19\r", false),
    ("PORT 10,0,0,1,19,\r", false),
    ("PORT 10,0,0,1,19, \r", false),
    ("PORT 10,0,0,1,19,137,\r", false),
    ("PORT 10,0,0,1,19,137,1\r", false),
    ("PORT 10,0,0,1,19,137,10,0,0,1,19,137\r", false),
    ("PORT ,10,0,0,1,19,137\r", false),
    ("PORT 10,,0,0,1,19,137\r", false),
    ("PORT 10,0,,1,19,137\r", false),
    // Too large, and what would wrap to the right number.
    ("PORT 256,0,0,1,19,137\r", false),
    ("PORT 266,0,0,1,19,137\r", false),
    ("PORT 65546,0,0,1,19,137\r", false),
    ("PORT 4294967306,0,0,1,19,137\r", false),
    ("PORT 18446744073709551626,0,0,1,19,137\r", false),
    ("PORT 10,0,0,1,275,137\r", false),
    ("PORT 10,0,0,1,19,393\r", false),
    ("PORT 10,0,0,1,19,65673\r", false),
    ("PORT 10,0,0,1,19,4294967433\r", false),
    ("PORT 10,0,0,1,5001\r", false),
    // Other characters.
    ("PORT -10,0,0,1,19,137\r", false),
    ("PORT +10,0,0,1,19,137\r", false),
    ("PORT 10,0,0,1,-19,137\r", false),
    ("PORT 10,0,0,1,0x13,137\r", false),
    ("PORT 10,0,0,1,19,137x\r", false),
    ("PORT 10,0,0,1,19,137.\r", false),
    ("PORT (10,0,0,1,19,137)\r", false),
    ("PORT 10.0.0.1.19.137\r", false),
    ("PORT 10.0.0.1,19,137\r", false),
    ("PORT 10;0;0;1;19;137\r", false),
    ("PORT 10 ,0,0,1,19,137\r", false),
    ("PORT 10,\t0,0,1,19,137\r", false),
    ("PORT 1 0,0,0,1,19,137\r", false),
    ("PORT 10,0,0,1,19,1 37\r", false),
    ("PORT 10,0,0,1,19,137 x\r", false),
    ("PORT 10,0,0,1,19,137\rx", false),
    ("PORT 10,0,0,1,\r19,137", false),
    ("PORT 10,0,0,1,19,137\0\r", false),
    ("PORT x 10,0,0,1,19,137\r", false),
    ("PORT 256,1,10,0,0,1,19,137\r", false),
];

#[test]
fn rows() {
    let expect = Command::Port(Address::from_v4([10, 0, 0, 1]), 5001);
    for &(line, good) in ROWS {
        let command = agreement::parse_command(line.as_bytes());
        let wanted = if good { expect } else { Command::MalformedPort };
        assert_eq!(command, wanted, "{line:?}");
        agreement::on_command(line.as_bytes());
    }
}

#[test]
fn limits() {
    for (line, address, port) in [
        ("PORT 0,0,0,0,0,0", [0, 0, 0, 0], 0),
        ("PORT 0,0,0,0,0,1", [0, 0, 0, 0], 1),
        ("PORT 1,2,3,4,1,0", [1, 2, 3, 4], 256),
        ("PORT 255,255,255,255,255,255", [255; 4], 65_535),
    ] {
        let expect = Command::Port(Address::from_v4(address), port);
        assert_eq!(agreement::parse_command(line.as_bytes()), expect, "{line}");
    }
}
