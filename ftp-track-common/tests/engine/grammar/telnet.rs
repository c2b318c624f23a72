//! Telnet sequences are not part of the text, and never hide a line end.

use ftp_track_common::{
    command::Command,
    telnet::{self, Telnet},
};

use crate::support::agreement;

struct Row {
    name: &'static str,
    bytes: &'static [u8],
    text: &'static [u8],
}

const ROWS: &[Row] = &[
    Row {
        name: "text",
        bytes: b"ABOR\r\n",
        text: b"ABOR\r\n",
    },
    Row {
        name: "IP and Synch",
        bytes: b"\xff\xf4\xff\xf2ABOR\n",
        text: b"ABOR\n",
    },
    Row {
        name: "IP alone",
        bytes: b"\xff\xf4ABOR\n",
        text: b"ABOR\n",
    },
    Row {
        name: "every command",
        bytes: b"\xff\xf0\xff\xf1\xff\xf2\xff\xf3\xff\xf4\xff\xf5\xff\xf6\xff\xf7\xff\xf8\xff\xf9A",
        text: b"A",
    },
    Row {
        name: "inside a word",
        bytes: b"AB\xff\xf4OR\n",
        text: b"ABOR\n",
    },
    Row {
        name: "between CR and LF",
        bytes: b"A\r\xff\xf9\n",
        text: b"A\r\n",
    },
    Row {
        name: "doubled IAC",
        bytes: b"a\xff\xffb\n",
        text: b"a\xffb\n",
    },
    Row {
        name: "doubled twice",
        bytes: b"\xff\xff\xff\xff",
        text: b"\xff\xff",
    },
    Row {
        name: "doubled, then a command",
        bytes: b"\xff\xff\xff\xf4x",
        text: b"\xffx",
    },
    Row {
        name: "negotiation",
        bytes: b"\xff\xfb\x01\xff\xfc\x02\xff\xfd\x03\xff\xfe\x04x",
        text: b"x",
    },
    Row {
        name: "an option that is IAC",
        bytes: b"\xff\xfb\xffx",
        text: b"x",
    },
    Row {
        name: "subnegotiation",
        bytes: b"\xff\xfa\x18\x00vt100\xff\xf0x",
        text: b"x",
    },
    Row {
        name: "IAC in a subnegotiation",
        bytes: b"\xff\xfaa\xff\xffb\xff\xf0x",
        text: b"x",
    },
    Row {
        name: "subnegotiation that is broken off",
        bytes: b"\xff\xfaabc\xff\xf4x",
        text: b"x",
    },
    Row {
        name: "IAC before text",
        bytes: b"\xffABOR\n",
        text: b"ABOR\n",
    },
    Row {
        name: "IAC before a line end",
        bytes: b"NOOP\xff\nABOR\n",
        text: b"NOOP\nABOR\n",
    },
    Row {
        name: "IAC before CR LF",
        bytes: b"NOOP\xff\r\nABOR\n",
        text: b"NOOP\r\nABOR\n",
    },
    Row {
        name: "a line end for an option",
        bytes: b"NOOP\xff\xfb\nABOR\n",
        text: b"NOOP\nABOR\n",
    },
    Row {
        name: "a line end in a subnegotiation",
        bytes: b"\xff\xfaxx\nABOR\n",
        text: b"\nABOR\n",
    },
    Row {
        name: "IAC and a line end in a subnegotiation",
        bytes: b"\xff\xfaxx\xff\nABOR\n",
        text: b"\nABOR\n",
    },
    Row {
        name: "at the end",
        bytes: b"x\xff",
        text: b"x",
    },
    Row {
        name: "a command without IAC",
        bytes: b"\xf4\xf2x",
        text: b"\xf4\xf2x",
    },
    Row {
        name: "below the commands",
        bytes: b"\xff\xefx",
        text: b"\xefx",
    },
];

#[test]
fn rows() {
    for Row { name, bytes, text } in ROWS {
        let mut telnet = Telnet::default();
        let kept: Vec<u8> = bytes.iter().filter_map(|&byte| telnet.feed(byte)).collect();
        assert_eq!(kept, *text, "{name}");
        for line in bytes.split(|&byte| byte == b'\n') {
            agreement::on_command(line);
        }
    }
}

#[test]
fn in_commands() {
    for (line, command) in [
        (&b"\xff\xf4\xff\xf2ABOR\r"[..], Command::Abor),
        (b"\xff\xf4\xff\xf2abor", Command::Abor),
        (b"\xff\xf2ABOR\r", Command::Abor),
        (b"AB\xff\xf1OR\r", Command::Abor),
        (b"PA\xff\xf9SV\r", Command::Pasv),
        (b"\xf2ABOR\r", Command::Unknown),
        (b"\xff\xffABOR\r", Command::Unknown),
        (b"\xff\xf4\xff\xf2\r", Command::Empty),
        (b"QUIT\xff", Command::Quit),
    ] {
        assert_eq!(agreement::parse_command(line), command, "{line:?}");
        agreement::on_command(line);
    }
}

#[test]
fn the_first_line_end_or_iac_of_eight_bytes() {
    // Neighbours of both, and what a careless sum would carry into the next byte.
    const BYTES: [u8; 8] = [b'\n', 0xff, 0, 9, 11, 0x8a, 0xfe, b'x'];
    for pattern in 0..8u64.pow(4) {
        for distance in [1, 4] {
            let mut bytes = [b'x'; 8];
            for place in 0..4 {
                let which = pattern >> (3 * place) & 7;
                bytes[(place * distance + distance) as usize & 7] = BYTES[which as usize];
            }
            for skip in 0..8 {
                let is_mark = |&at: &usize| bytes[at] == b'\n' || bytes[at] == 0xff;
                let first = (skip..8).find(is_mark).unwrap_or(8);
                let found = telnet::first_mark(u64::from_le_bytes(bytes), skip as u32);
                assert_eq!(found as usize, first, "{bytes:?} from {skip}");
            }
        }
    }
}
