//! Replies of one or more lines (RFC 959, 4.2).

use ftp_track_common::reply::{Reply, ReplyLine};

use crate::support::agreement;

const fn done(code: u16) -> Reply {
    Reply::Final { code, port: None }
}

#[test]
fn single_lines() {
    for (line, reply) in [
        ("220 ready\r", done(220)),
        ("220 ready", done(220)),
        ("220 \r", done(220)),
        ("220\r", done(220)),
        ("220", done(220)),
        ("220\rx", done(220)),
        ("100 x", done(100)),
        ("150 x", done(150)),
        ("331 x", done(331)),
        ("421 x", done(421)),
        ("500 'PASV': x", done(500)),
        ("599 x", done(599)),
        ("631 x", done(631)),
        ("699 x", done(699)),
        ("220-x", Reply::Unfinished),
        ("220-", Reply::Unfinished),
        ("", Reply::Malformed),
        ("\r", Reply::Malformed),
        ("2", Reply::Malformed),
        ("22\r", Reply::Malformed),
        ("22 x", Reply::Malformed),
        ("2200 x", Reply::Malformed),
        ("0220 x", Reply::Malformed),
        ("022 x", Reply::Malformed),
        ("099 x", Reply::Malformed),
        ("700 x", Reply::Malformed),
        ("999 x", Reply::Malformed),
        ("2x0 x", Reply::Malformed),
        ("220x", Reply::Malformed),
        ("220\tx", Reply::Malformed),
        ("220: x", Reply::Malformed),
        ("220_x", Reply::Malformed),
        (" 220 x", Reply::Malformed),
        ("-220 x", Reply::Malformed),
        ("+220 x", Reply::Malformed),
        ("ready", Reply::Malformed),
        ("227(10,0,0,1,19,137)", Reply::Malformed),
    ] {
        assert_eq!(agreement::parse_reply(line.as_bytes()), reply, "{line:?}");
        agreement::on_reply(line.as_bytes());
    }
}

#[test]
fn telnet_before_a_reply() {
    let line = b"\xff\xfb\x01220 ready\xff\xffx\r";
    assert_eq!(agreement::parse_reply(line), done(220));
    agreement::on_reply(line);
}

/// What the lines are, one after the other.
fn replies(lines: &[&str]) -> Vec<Reply> {
    let mut parser = ReplyLine::default();
    let mut replies = Vec::new();
    for byte in lines.join("\r\n").bytes().chain(*b"\r\n") {
        if parser.feed(byte) {
            replies.push(parser.finish());
        }
    }
    replies
}

#[test]
fn multi_line() {
    for (name, lines) in [
        ("plain", &["220-a", "220 b"][..]),
        ("code on every line", &["220-a", "220-b", "220-c", "220 d"]),
        ("without text", &["220-", "", "220"]),
        (
            "indented, as the RFC asks for",
            &["220-a", " 220 b", "220 c"],
        ),
        (
            "another code ends nothing",
            &["220-a", "221 b", "500 c", "220 d"],
        ),
        (
            "a hostile 227",
            &["220-a", "227 (10,0,0,1,19,137)", "220 b"],
        ),
        ("a hostile 229", &["220-a", "229 (|||5001|)", "220 b"]),
        ("another one inside", &["220-a", "331-b", "331 c", "220 d"]),
        (
            "four digits",
            &["220-a", "2200 b", "0220 c", "220x", "220 d"],
        ),
        (
            "text and empty lines",
            &["220-a", "", "hello", "22", "220 d"],
        ),
        ("the code and a tab", &["220-a", "220\tb", "220 c"]),
        ("the code alone", &["220-a", "220"]),
    ] {
        let parsed = replies(lines);
        let (last, inner) = parsed.split_last().expect("lines");
        assert_eq!(*last, done(220), "{name}");
        assert!(
            inner.iter().all(|&reply| reply == Reply::Unfinished),
            "{name}"
        );
    }
}

#[test]
fn port_of_a_multi_line_reply() {
    let first = replies(&["227-ok (10,0,0,1,19,137)", "227 done"]);
    assert_eq!(first[1], done(227));
    let last = replies(&["227-ok (10,0,0,1,4,0)", "227 (10,0,0,1,19,137)"]);
    let port = Some(5001);
    assert_eq!(last[1], Reply::Final { code: 227, port });
    let extended = replies(&["229-ok", "(|||5002|)", "229 (|||5001|)"]);
    assert_eq!(extended[2], Reply::Final { code: 229, port });
}

/// Nothing of a line is left for the next one.
#[test]
fn lines_do_not_touch_each_other() {
    let parsed = replies(&[
        "227 (10,0,0,1,19,137)",
        "227 10,0,0,1,19",
        "137",
        "229 (|||5001|)",
        "229 (|||",
        "229 5001|)",
        "227",
        "200 ok",
    ]);
    let port = Some(5001);
    assert_eq!(
        parsed,
        [
            Reply::Final { code: 227, port },
            done(227),
            done(137),
            Reply::Final { code: 229, port },
            done(229),
            done(229),
            done(227),
            done(200),
        ]
    );
}

#[test]
fn long_lines() {
    for length in [255, 256, 65_536, 300_000] {
        let text = "x".repeat(length);
        let passive = format!("227 {text} (10,0,0,1,19,137) {text}");
        let port = Some(5001);
        let parsed = agreement::parse_reply(passive.as_bytes());
        assert_eq!(parsed, Reply::Final { code: 227, port }, "{length}");
        let zeros = "0".repeat(length);
        let padded = format!("229 {text} (|||{zeros}5001|) {text}");
        let parsed = agreement::parse_reply(padded.as_bytes());
        assert_eq!(parsed, Reply::Final { code: 229, port }, "{length}");
        let other = agreement::parse_reply(text.as_bytes());
        assert_eq!(other, Reply::Malformed, "{length}");
    }
}

#[test]
fn the_rest_of_a_line_whose_start_is_lost() {
    let mut parser = ReplyLine::default();
    for &byte in b"220-open\r\n" {
        if parser.feed(byte) {
            assert_eq!(parser.finish(), Reply::Unfinished);
        }
    }
    parser.skip_to_line_end();
    let mut replies = Vec::new();
    for &byte in b"227 (10,0,0,1,19,137)\r\n200 ok\r\n" {
        if parser.feed(byte) {
            replies.push(parser.finish());
        }
    }
    assert_eq!(replies, [Reply::Unfinished, done(200)]);
}
