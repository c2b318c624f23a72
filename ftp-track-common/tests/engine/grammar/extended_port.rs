//! The text of a 229 (RFC 2428, 3).

use ftp_track_common::reply::Reply;

use crate::support::agreement;

const ROWS: &[(&str, Option<u16>)] = &[
    (
        "229 Entering Extended Passive Mode (|||5001|)\r",
        Some(5001),
    ),
    (
        "229 Entering Extended Passive Mode (|||5001|).\r",
        Some(5001),
    ),
    ("229 Extended passive mode OK (|||5001|)\r", Some(5001)),
    ("229 (|||5001|)\r", Some(5001)),
    ("229 (|||5001|)", Some(5001)),
    ("229 (|||05001|)\r", Some(5001)),
    ("229 (|||0000000000000000005001|)\r", Some(5001)),
    ("229\r(|||5001|)", Some(5001)),
    // Family and address inside.
    ("229 (|1|10.0.0.1|5001|)\r", Some(5001)),
    ("229 (|2|2001:db8::1|5001|)\r", Some(5001)),
    ("229 (|1||5001|)\r", Some(5001)),
    ("229 (||10.0.0.1|5001|)\r", Some(5001)),
    ("229 (|99|::|5001|)\r", Some(5001)),
    ("229 (|x||5001|)\r", None),
    ("229 (||host|5001|)\r", None),
    ("229 (|| |5001|)\r", None),
    // Limits.
    ("229 (|||0|)\r", Some(0)),
    ("229 (|||1023|)\r", Some(1023)),
    ("229 (|||65535|)\r", Some(65_535)),
    ("229 (|||65536|)\r", None),
    ("229 (|||70537|)\r", None),
    ("229 (|||4294972297|)\r", None),
    ("229 (|||18446744073709556617|)\r", None),
    // Several parentheses.
    ("229 Mode (extended) (|||5001|)\r", Some(5001)),
    ("229 Mode ((|||5001|))\r", Some(5001)),
    ("229 (((((|||5001|)\r", Some(5001)),
    ("229 (|||(|||5001|)\r", Some(5001)),
    ("229 (||(|||5001|)\r", Some(5001)),
    ("229 (|||50(|||5001|)\r", Some(5001)),
    ("229 (|||5001|(|||5002|)\r", Some(5002)),
    ("229 (|||65536|) (|||5001|)\r", Some(5001)),
    ("229 (|||x|) (|||5001|)\r", Some(5001)),
    ("229 (|||5001|) (|||5002|)\r", Some(5001)),
    ("229 (a) (b) (c) (d) (|||5001|)\r", Some(5001)),
    ("229 :-( (|||5001|)\r", Some(5001)),
    // Parentheses as delimiters.
    ("229 (((((5001()\r", Some(5001)),
    ("229 (((5001()\r", None),
    ("229 ((((5001()\r", Some(5001)),
    ("229 x((((5001()\r", Some(5001)),
    ("229 ((1(10.0.0.1(5001()\r", Some(5001)),
    ("229 ((70000((5001()\r", Some(5001)),
    ("229 ((70000((70000()\r", None),
    ("229 ((1(10.0.0.1(65536()\r", None),
    ("229 (x((5001()\r", None),
    ("229 (12(((5001()\r", None),
    ("229 (a(((5001()\r", None),
    ("229 ()))5001))\r", Some(5001)),
    // Digits and letters as delimiters.
    ("229 (11150231)\r", Some(5023)),
    ("229 (aaa5001a)\r", Some(5001)),
    ("229 (a2a::1a5001a)\r", Some(5001)),
    ("229 (a2a::aa5001a)\r", None),
    ("229 (...5001.)\r", Some(5001)),
    ("229 (:::5001:)\r", Some(5001)),
    // Not whole.
    ("229 |||5001|\r", None),
    ("229 (|||5001|\r", None),
    ("229 |||5001|)\r", None),
    ("229 (|||5001)\r", None),
    ("229 (||5001|)\r", None),
    ("229 (||||5001|)\r", None),
    ("229 (|||5001||)\r", None),
    ("229 (|||5001| )\r", None),
    ("229 ( |||5001|)\r", None),
    ("229 (||| 5001|)\r", None),
    ("229 (|||5001 |)\r", None),
    ("229 (|||50 01|)\r", None),
    ("229 (|||-5001|)\r", None),
    ("229 (||||)\r", None),
    ("229 (|!|5001|)\r", None),
    ("229 (|||5001!)\r", None),
    ("229 ()\r", None),
    ("229 (\r", None),
    ("229\r", None),
    ("229", None),
    ("229 Entering Extended Passive Mode\r", None),
    ("229 (10,0,0,1,19,137)\r", None),
    ("229 [|||5001|]\r", None),
];

#[test]
fn rows() {
    for &(line, port) in ROWS {
        let reply = agreement::parse_reply(line.as_bytes());
        assert_eq!(reply, Reply::Final { code: 229, port }, "{line:?}");
        agreement::on_reply(line.as_bytes());
    }
}

/// Every byte as delimiter; digits are good as long as the port does not hold them.
#[test]
fn delimiters() {
    for delimiter in (0..=255u8).filter(|&byte| byte != b'\n' && byte != 255) {
        let mut line = b"229 ok (".to_vec();
        line.extend([delimiter; 3]);
        line.extend_from_slice(b"2345");
        line.extend([delimiter, b')']);
        let inside = b"2345".contains(&delimiter);
        let good = (33..=126).contains(&delimiter) && !inside;
        let expect = Reply::Final {
            code: 229,
            port: good.then_some(2345),
        };
        assert_eq!(agreement::parse_reply(&line), expect, "{delimiter}");
        agreement::on_reply(&line);
    }
}

#[test]
fn only_in_a_229() {
    for code in ["200", "227", "228", "129", "329"] {
        let line = format!("{code} ok (|||5001|)");
        let reply = agreement::parse_reply(line.as_bytes());
        assert!(matches!(reply, Reply::Final { port: None, .. }), "{line}");
    }
}
