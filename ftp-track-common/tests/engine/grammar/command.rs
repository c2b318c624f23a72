//! Commands by their verb (RFC 959, 4.1 and 5.3).

use ftp_track_common::command::{Command, CommandLine};

use crate::support::agreement;

const ROWS: &[(&[u8], Command)] = &[
    // Case, white space and line ends.
    (b"PASV\r", Command::Pasv),
    (b"PASV", Command::Pasv),
    (b"pasv\r", Command::Pasv),
    (b"pAsV\r", Command::Pasv),
    (b"PASV \r", Command::Pasv),
    (b"PASV\t\r", Command::Pasv),
    (b"PASV\r\r", Command::Pasv),
    (b"PASV now\r", Command::Pasv),
    (b"PASV\rNOOP", Command::Pasv),
    // Words that only look alike.
    (b"PAS\r", Command::Unknown),
    (b"PASVX\r", Command::Unknown),
    (b"XPASV\r", Command::Unknown),
    (b"PASV,\r", Command::Unknown),
    (b"PASV\0\r", Command::Unknown),
    (b"PAS\xd6\r", Command::Unknown),
    (b"P ASV\r", Command::Unknown),
    (b" PASV\r", Command::Unknown),
    (b"\tPASV\r", Command::Unknown),
    (b"\rPASV", Command::Unknown),
    (b"\0PASV\r", Command::Unknown),
    (b"PWD\r", Command::Other),
    (b"PWD\0\r", Command::Unknown),
    // The others whose answer matters.
    (b"EPSV\r", Command::Epsv),
    (b"EPSV \r", Command::Epsv),
    (b"EPSV 1\r", Command::Epsv),
    (b"EPSV 2\r", Command::Epsv),
    (b"EPSV 3\r", Command::Epsv),
    (b"epsv\t2 \r", Command::Epsv),
    (b"EPSV ALL\r", Command::EpsvAll),
    (b"EPSV ALL", Command::EpsvAll),
    (b"epsv all\r", Command::EpsvAll),
    (b"EPSV aLl \t\r", Command::EpsvAll),
    (b"EPSV   ALL\r\r", Command::EpsvAll),
    (b"EPSV AL\r", Command::Epsv),
    (b"EPSV ALLL\r", Command::Epsv),
    (b"EPSV ALL 1\r", Command::Epsv),
    (b"EPSV ALL\r1", Command::Epsv),
    (b"EPSV A LL\r", Command::Epsv),
    (b"EPSV \0ALL\r", Command::Epsv),
    (b"EPSVALL\r", Command::Unknown),
    (b"AUTH TLS\r", Command::Auth),
    (b"auth ssl\r", Command::Auth),
    (b"AUTH\r", Command::Auth),
    (b"REIN\r", Command::Rein),
    (b"QUIT\r", Command::Quit),
    (b"quit", Command::Quit),
    (b"ABOR\r", Command::Abor),
    (b"PORTX 10,0,0,1,19,137\r", Command::Unknown),
    (b"EPRTX |1|10.0.0.1|5001|\r", Command::Unknown),
    (b"PORT10,0,0,1,19,137\r", Command::Unknown),
    (b"PORT,10,0,0,1,19,137\r", Command::Unknown),
    // Text of other commands is only text.
    (b"USER anonymous\r", Command::Other),
    (b"RETR PORT 10,0,0,1,19,137\r", Command::Other),
    (b"STOR \xff\xf4PASV\r", Command::Other),
    (b"CWD /PASV\r", Command::Other),
    (b"SITE CHMOD 644 x\r", Command::Other),
    (b"MLSD\r", Command::Other),
    (b"XCWD /\r", Command::Other),
    // Not FTP.
    (b"GET / HTTP/1.1\r", Command::Unknown),
    (b"POST / HTTP/1.1\r", Command::Unknown),
    (b"PUT /x HTTP/1.1\r", Command::Unknown),
    (b"HEAD / HTTP/1.1\r", Command::Unknown),
    (b"OPTIONS * HTTP/1.1\r", Command::Unknown),
    (b"CONNECT a:1 HTTP/1.1\r", Command::Unknown),
    (b"EHLO x\r", Command::Unknown),
    (b"Host: x\r", Command::Header),
    (b"Via:\r", Command::Header),
    (b"A:\tx\r", Command::Header),
    (b":\r", Command::Header),
    (b"User-Agent: PORT 10,0,0,1,19,137\r", Command::Header),
    (b"PORT: 10,0,0,1,19,137\r", Command::Header),
    (b"Host:x\r", Command::Unknown),
    (b"Via :x\r", Command::Unknown),
    (b" Host: x\r", Command::Unknown),
    (b"SITE a: b\r", Command::Other),
    (b"\x16\x03\x01\x02\x00\r", Command::Unknown),
    // Nothing.
    (b"", Command::Empty),
    (b"\r", Command::Empty),
    (b"\r\r", Command::Empty),
    (b" \r", Command::Empty),
    (b" \t \r", Command::Empty),
    (b"\r \r", Command::Empty),
];

#[test]
fn rows() {
    for &(line, command) in ROWS {
        let text = line.escape_ascii().to_string();
        assert_eq!(agreement::parse_command(line), command, "{text}");
        agreement::on_command(line);
    }
}

/// One parser for all rows: nothing of a line is left for the next one.
#[test]
fn lines_do_not_touch_each_other() {
    let mut parser = CommandLine::default();
    for &(first, _) in ROWS {
        for &(line, command) in ROWS {
            let bytes = [first, b"\n", line, b"\n"].concat();
            let mut last = None;
            for byte in bytes {
                if parser.feed(byte) {
                    last = Some(parser.finish());
                }
            }
            let text = line.escape_ascii().to_string();
            assert_eq!(last, Some(command), "{text}");
            assert!(parser.is_at_line_start());
        }
    }
}

#[test]
fn long_lines() {
    for length in [255, 256, 512, 65_535, 65_536, 300_000] {
        let tail = "x".repeat(length);
        for (line, command) in [
            (format!("RETR {tail}"), Command::Other),
            (format!("PASV {tail}"), Command::Pasv),
            (format!("EPSV {tail}"), Command::Epsv),
            (
                format!("PORT 10,0,0,1,19,137{tail}"),
                Command::MalformedPort,
            ),
            (
                format!("EPRT |1|10.0.0.1|5001|{tail}"),
                Command::MalformedEprt,
            ),
            (tail.clone(), Command::Unknown),
            (format!("PASV{tail}"), Command::Unknown),
            (" ".repeat(length), Command::Empty),
            (format!("QUIT{}", " ".repeat(length)), Command::Quit),
        ] {
            let start = &line[..20.min(line.len())];
            let parsed = agreement::parse_command(line.as_bytes());
            assert_eq!(parsed, command, "{start}, {length}");
        }
    }
}

#[test]
fn the_rest_of_a_line_whose_start_is_lost() {
    let mut parser = CommandLine::default();
    parser.skip_to_line_end();
    let mut commands = Vec::new();
    for &byte in b"PORT 10,0,0,1,19,137\r\nPASV\r\n" {
        if parser.feed(byte) {
            commands.push(parser.finish());
        }
    }
    assert_eq!(commands, [Command::Empty, Command::Pasv]);
}
