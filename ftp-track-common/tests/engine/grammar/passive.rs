//! The text of a 227 (RFC 959, 4.1.2; RFC 1123, 4.1.2.6: servers differ, so look for digits).

use ftp_track_common::reply::Reply;

use crate::support::agreement;

const ROWS: &[(&str, Option<u16>)] = &[
    // As servers write it.
    ("227 Entering Passive Mode (10,0,0,1,19,137)\r", Some(5001)),
    ("227 Entering Passive Mode (10,0,0,1,19,137).\r", Some(5001)),
    ("227 Entering passive mode (10,0,0,1,19,137).\r", Some(5001)),
    ("227 Entering Passive Mode. 10,0,0,1,19,137\r", Some(5001)),
    ("227 Entering Passive Mode 10,0,0,1,19,137\r", Some(5001)),
    ("227 Entering Passive Mode [10,0,0,1,19,137]\r", Some(5001)),
    ("227 Passive mode OK (10,0,0,1,19,137)\r", Some(5001)),
    ("227 PASV ok (10,0,0,1,19,137).\r", Some(5001)),
    ("227 =10,0,0,1,19,137\r", Some(5001)),
    ("227 10,0,0,1,19,137\r", Some(5001)),
    ("227 10,0,0,1,19,137", Some(5001)),
    ("227 (10,0,0,1,19,137", Some(5001)),
    ("227 )10,0,0,1,19,137(\r", Some(5001)),
    ("227 \u{e9}tablie(10,0,0,1,19,137)\r", Some(5001)),
    ("227\r10,0,0,1,19,137", Some(5001)),
    // Numbers before and after.
    ("227 Mode 2 of 3 (10,0,0,1,19,137)\r", Some(5001)),
    ("227 v1.2.3 (10,0,0,1,19,137)\r", Some(5001)),
    ("227 1,2,3 (10,0,0,1,19,137)\r", Some(5001)),
    ("227 1,2,3,4,5 (10,0,0,1,19,137)\r", Some(5001)),
    ("227 1,2,3,4,5, (10,0,0,1,19,137)\r", Some(5001)),
    ("227 1,2,,10,0,0,1,19,137\r", Some(5001)),
    ("227 1 10,0,0,1,19,137\r", Some(5001)),
    ("227 x10,0,0,1,19,137x\r", Some(5001)),
    ("227 -10,0,0,1,19,137\r", Some(5001)),
    ("227 9.10,0,0,1,19,137\r", Some(5001)),
    ("227 (10,0,0,1,19,137) 42 users\r", Some(5001)),
    ("227 (10,0,0,1,19,137) (10,0,0,1,20,1)\r", Some(5001)),
    ("227 10,0,0,1,19,137,1\r", Some(5001)),
    ("227 10,0,0,1,19,137,256\r", Some(5001)),
    ("227 10,0,0,1,19,137,,\r", Some(5001)),
    ("227 1,2,3,4,5,6,10,0,0,1,19,137\r", Some(1286)),
    // Spaces and zeros.
    ("227 (10, 0, 0, 1, 19, 137)\r", Some(5001)),
    ("227 ( 10,0,0,1,19,137 )\r", Some(5001)),
    ("227 (10,  0,0,1,  19,137)\r", Some(5001)),
    ("227 (010,000,000,001,019,137)\r", Some(5001)),
    ("227 (10,0,0,1,00000000000000000000019,137)\r", Some(5001)),
    ("227 (10 ,0,0,1,19,137)\r", None),
    ("227 (10,\t0,0,1,19,137)\r", None),
    ("227 (10,0,0,1,19 137)\r", None),
    ("227 (10,0,0,1,19,\r137)", None),
    // Limits of the port; which ports are admitted is decided later.
    ("227 (10,0,0,1,0,0)\r", Some(0)),
    ("227 (10,0,0,1,0,1)\r", Some(1)),
    ("227 (10,0,0,1,3,255)\r", Some(1023)),
    ("227 (10,0,0,1,4,0)\r", Some(1024)),
    ("227 (10,0,0,1,255,255)\r", Some(65_535)),
    // Too large, also what would wrap.
    ("227 (10,0,0,1,19,256)\r", None),
    ("227 (10,0,0,1,256,137)\r", None),
    ("227 (256,0,0,1,19,137)\r", None),
    ("227 (10,0,0,1,65555,137)\r", None),
    ("227 (10,0,0,1,4294967315,137)\r", None),
    ("227 (10,0,0,1,19,4294967433)\r", None),
    ("227 (18446744073709551626,0,0,1,19,137)\r", None),
    // A part of an impossible run is no address; one after it is.
    ("227 256,10,0,0,1,19,137\r", None),
    ("227 10,0,0,1,19,256,10,0,0,1,19,137\r", None),
    ("227 (256,0,0,1,19,137) (10,0,0,1,19,137)\r", Some(5001)),
    ("227 999,10 10,0,0,1,19,137\r", Some(5001)),
    // Too little.
    ("227\r", None),
    ("227", None),
    ("227 \r", None),
    ("227 Entering Passive Mode\r", None),
    ("227 (10,0,0,1,19)\r", None),
    ("227 (10,0,0,1,19,)\r", None),
    ("227 (10,0,0,1,,137)\r", None),
    ("227 (10.0.0.1.19.137)\r", None),
    ("227 (10.0.0.1,19,137)\r", None),
    ("227 (10;0;0;1;19;137)\r", None),
    ("227 (|||5001|)\r", None),
    ("227 (,,,,,)\r", None),
];

#[test]
fn rows() {
    for &(line, port) in ROWS {
        let reply = agreement::parse_reply(line.as_bytes());
        assert_eq!(reply, Reply::Final { code: 227, port }, "{line:?}");
        agreement::on_reply(line.as_bytes());
    }
}

#[test]
fn only_in_a_227() {
    for code in ["200", "226", "228", "230", "127", "327"] {
        let line = format!("{code} Entering Passive Mode (10,0,0,1,19,137)");
        let reply = agreement::parse_reply(line.as_bytes());
        assert!(matches!(reply, Reply::Final { port: None, .. }), "{line}");
    }
}
