//! Where the engine and the reference have to say the same.

use std::net::{IpAddr, Ipv6Addr};

use ftp_track_common::{
    address::{Address, AddressText, FAMILY_V4, FAMILY_V6},
    command::{Command, CommandLine},
    number::Decimal,
    reply::{Reply, ReplyLine},
};

use super::{
    connection::{CLIENT_V4, CLIENT_V6, address},
    reference::{Reference, grammar, line},
    segmentation::Segmentation,
    transcript::{Transcript, Turn},
};

/// Parses a line, once from all of its bytes, and once from those that the parser does not ignore:
/// both are the same.
macro_rules! parse {
    ($parser:ty, $line:expr) => {{
        let line: &[u8] = $line;
        let (mut parser, mut brief) = (<$parser>::default(), <$parser>::default());
        for &byte in line {
            assert!(!parser.feed(byte), "no line end in {line:?}");
            if byte == IAC || !brief.ignores_text() {
                assert!(!brief.feed(byte), "no line end in {line:?}");
            }
        }
        assert!(parser.feed(b'\n') && brief.feed(b'\n'));
        let found = parser.finish();
        assert_eq!(brief.finish(), found, "{line:?}");
        found
    }};
}

const IAC: u8 = 255;

/// What the engine makes of a line of the client; `line` is without its LF.
pub fn parse_command(line: &[u8]) -> Command {
    parse!(CommandLine, line)
}

/// What the engine makes of a first line of the server; `line` is without its LF.
pub fn parse_reply(line: &[u8]) -> Reply {
    parse!(ReplyLine, line)
}

/// The engine's number, if `text` is nothing but digits.
pub fn parse_number(text: &[u8], limit: u16) -> Option<u16> {
    let mut number = Decimal::new();
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number.push(byte - b'0');
    }
    number.value(limit)
}

/// The engine's address.
pub fn parse_address(family: u8, text: &[u8]) -> Option<Address> {
    let mut parser = AddressText::default();
    parser.start(family);
    for &byte in text {
        parser.feed(byte);
    }
    parser.finish()
}

/// Both read the same number, or none. True when there is one.
pub fn on_number(text: &[u8]) -> bool {
    let mut any = false;
    for limit in [255, 65_535] {
        let number = parse_number(text, limit);
        assert_eq!(number, grammar::number(text, limit.into()), "{text:?}");
        any |= number.is_some();
    }
    any
}

/// Both read the same address, or none. True when there is one.
pub fn on_address(text: &[u8]) -> bool {
    let string = std::str::from_utf8(text).unwrap_or("?");
    let v4 = parse_address(FAMILY_V4, text);
    let v6 = parse_address(FAMILY_V6, text);
    let expect_v4 = grammar::dotted(string).map(|v4| address(v4.into()));
    let expect_v6 = grammar::colons(string).map(|v6| address(v6.into()));
    assert_eq!(v4, expect_v4, "{string:?}");
    assert_eq!(v6, expect_v6, "{string:?}");
    if let Ok(plain) = string.parse::<Ipv6Addr>() {
        assert_eq!(v6, Some(address(plain.into())), "{string:?}");
    }
    v4.is_some() || v6.is_some()
}

/// Both read the same command. True when it is one of those whose answer matters.
pub fn on_command(text: &[u8]) -> bool {
    let target = |host: Address, port| Some((IpAddr::from(host.octets()).to_canonical(), port));
    let command = match parse_command(text) {
        Command::Empty => line::Command::Blank,
        Command::Port(host, port) => line::Command::Active("PORT", target(host, port)),
        Command::Eprt(host, port) => line::Command::Active("EPRT", target(host, port)),
        Command::MalformedPort => line::Command::Active("PORT", None),
        Command::MalformedEprt => line::Command::Active("EPRT", None),
        Command::Pasv => line::Command::Named("PASV"),
        Command::Epsv => line::Command::Named("EPSV"),
        Command::EpsvAll => line::Command::Named("EPSV ALL"),
        Command::Auth => line::Command::Named("AUTH"),
        Command::Rein => line::Command::Named("REIN"),
        Command::Quit => line::Command::Named("QUIT"),
        Command::Abor => line::Command::Named("ABOR"),
        Command::Other => line::Command::Other,
        Command::Unknown => line::Command::Unknown,
        Command::Header => line::Command::Header,
    };
    let expect = match line::command(text) {
        line::Command::Active(verb, Some((host, port))) => {
            line::Command::Active(verb, Some((host.to_canonical(), port)))
        }
        other => other,
    };
    assert_eq!(command, expect, "{:?}", text.escape_ascii().to_string());
    use line::Command::{Active, Named};
    matches!(command, Active(_, Some(_)) | Named(_))
}

/// Both read the same reply. True when it announces a port.
pub fn on_reply(text: &[u8]) -> bool {
    let reply = parse_reply(text);
    let expect = match line::reply(text) {
        line::Line::Complete(code, port) => Reply::Final { code, port },
        line::Line::Hyphen(_) => Reply::Unfinished,
        line::Line::Other => Reply::Malformed,
    };
    assert_eq!(reply, expect, "{:?}", text.escape_ascii().to_string());
    matches!(reply, Reply::Final { port: Some(_), .. })
}

/// The engine tells the same of a conversation as the reference does, and in whatever segments it
/// comes. Gives the notes.
pub fn on_transcript(transcript: &Transcript, choices: &[u8]) -> Vec<String> {
    let client = if transcript.v6 { CLIENT_V6 } else { CLIENT_V4 };
    let notes = transcript.play().concat();
    let has_clock = |turn: &Turn| matches!(turn, Turn::Wait(_));
    if !transcript.turns.iter().any(has_clock) {
        let expect = Reference::new(client).notes(&transcript.turns);
        assert_eq!(notes, expect, "engine and reference, of\n{transcript}");
    }
    let whole = Segmentation::new(&[]).play(transcript);
    assert_eq!(whole, notes, "in long segments, of\n{transcript}");
    let split = Segmentation::new(choices).play(transcript);
    assert_eq!(split, notes, "in segments {choices:?}, of\n{transcript}");
    let reordered = Segmentation::new(choices).reorder(transcript);
    assert_eq!(reordered, notes, "reordered {choices:?}, of\n{transcript}");
    let bytes = Segmentation::new(&[1]).play(transcript);
    assert_eq!(bytes, notes, "byte by byte, of\n{transcript}");
    notes
}
