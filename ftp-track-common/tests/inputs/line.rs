//! Lines of both sides, nearly all of them such that the engine has to look at them closely.

use fastrand::Rng;

/// What the client asked last, as far as it decides about the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Nothing,
    Active,
    Pasv,
    Epsv,
    Other,
}

const OTHERS: [&str; 12] = [
    "USER anonymous",
    "PASS guest@",
    "TYPE I",
    "RETR file.bin",
    "STOR 227 (1,2,3,4,5,6)",
    "LIST -la",
    "NOOP",
    "CWD /pub",
    "XCRC a",
    "FEAT",
    "pwd",
    "OPTS UTF8 ON",
];
const RARE: [&[u8]; 16] = [
    b"EPSV ALL",
    b"AUTH TLS",
    b"REIN",
    b"QUIT",
    b"ABOR",
    b"\xff\xf4\xff\xf2ABOR",
    b"EPSV 1",
    b"EPSV 2",
    b"",
    b"  \t",
    b"GET / HTTP/1.1",
    b"PORTX 10,0,0,1,20,20",
    b"PORT",
    b"EPRT |1|10.0.0.9|5000|",
    b"EPRT |3||5000|",
    b"PORT 10,0,0,9,19,1",
];
const REPLIES: [&[u8]; 24] = [
    b"150 here it comes",
    b"226 done",
    b"225 aborted",
    b"331 password",
    b"500 what?",
    b"425 cannot",
    b"530 log in",
    b"234 AUTH TLS",
    b"221 bye",
    b"421 closing",
    b"200",
    b"200-part\r\n200 whole",
    b"211-Features:\r\n PASV\r\n227 (10,0,0,1,9,9)\r\n211 end",
    b"227-two lines\r\n227 (192,0,2,1,20,21)",
    b"229-more\r\n229 not yet\r\n229 (|||5005|)",
    b"230-\r\n230-x\r\n 230 y\r\n230 z",
    b"199 soon",
    b"600 protected",
    b"700 no code",
    b"20 short",
    b"",
    b"hello",
    b"227 Entering Passive Mode",
    b"229 (((((5001((",
];
const NUMBERS: [&str; 12] = [
    "0",
    "00",
    "255",
    "256",
    "1023",
    "1024",
    "65535",
    "65536",
    "4294967297",
    "99999999999999999999",
    "0000000000000000000021",
    "-1",
];
const PIECES: [&[u8]; 16] = [
    b"\xff\xf1",
    b"\xff\xff",
    b"\xff\xfb\x01",
    b"\xff\xfa\x18\xff\xf0",
    b"\xff\xfa",
    b"\xff",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b",",
    b"(|||",
    b"|)",
    b"(",
    b"\t ",
    b"227 ",
];

/// Appends a line of the client; says what it asks for.
pub fn client(random: &mut Rng, v6: bool, line: &mut Vec<u8>) -> Asked {
    let port = port(random);
    let asked = match random.u8(0..32) {
        0..6 => {
            line.extend_from_slice(b"PORT 10,0,0,1,");
            push_port(line, port);
            Asked::Active
        }
        6..11 => {
            line.extend_from_slice(if v6 {
                b"EPRT |2|2001:db8::1|"
            } else {
                b"EPRT |1|10.0.0.1|"
            });
            push_number(line, port);
            line.push(b'|');
            Asked::Active
        }
        11..17 => {
            line.extend_from_slice(b"PASV");
            Asked::Pasv
        }
        17..22 => {
            line.extend_from_slice(b"EPSV");
            Asked::Epsv
        }
        22..30 => {
            line.extend_from_slice(OTHERS[random.usize(0..OTHERS.len())].as_bytes());
            Asked::Other
        }
        _ => {
            line.extend_from_slice(RARE[random.usize(0..RARE.len())]);
            Asked::Other
        }
    };
    end(random, line);
    asked
}

/// Appends a line of the server, mostly one that answers what was `asked`.
pub fn server(random: &mut Rng, asked: Asked, line: &mut Vec<u8>) {
    let fits = random.u8(0..8) != 0;
    match asked {
        Asked::Pasv if fits => {
            let start: &[u8] = match random.u8(0..8) {
                0 => b"227 =192,0,2,1,",
                1 => b"227 1,2,3,4,5,999 (192, 0, 2, 1, ",
                _ => b"227 Entering Passive Mode (192,0,2,1,",
            };
            line.extend_from_slice(start);
            push_port(line, port(random));
            line.extend_from_slice(b").");
        }
        Asked::Epsv if fits => {
            let start: &[u8] = match random.u8(0..8) {
                0 => b"229 ((|||",
                1 => b"229 (1) (|1|192.0.2.1|",
                _ => b"229 Extended Passive Mode (|||",
            };
            line.extend_from_slice(start);
            push_number(line, port(random));
            line.extend_from_slice(b"|)");
        }
        Asked::Active | Asked::Other if fits => line.extend_from_slice(b"200 ok"),
        _ => line.extend_from_slice(REPLIES[random.usize(0..REPLIES.len())]),
    }
    end(random, line);
}

/// Appends a greeting.
pub fn greeting(random: &mut Rng, line: &mut Vec<u8>) {
    let greetings: [&[u8]; 4] = [
        b"220 ready",
        b"220-hello\r\n220 ready",
        b"120 wait\r\n220 ok",
        b"220",
    ];
    line.extend_from_slice(greetings[random.usize(0..greetings.len())]);
    line.extend_from_slice(b"\r\n");
}

/// Appends a line's end, or something long or senseless before it.
fn end(random: &mut Rng, line: &mut Vec<u8>) {
    match random.u8(..) {
        0 => line.resize(
            line.len() + random.usize(100..1_000),
            random.u8(b' '..=b'9'),
        ),
        1..4 => {
            for _ in 0..random.u8(1..40) {
                line.push(random.u8(..));
            }
        }
        _ => {}
    }
    line.extend_from_slice(if random.u8(0..16) == 0 {
        b"\n"
    } else {
        b"\r\n"
    });
}

/// Damages a line at one to three places.
pub fn mutate(random: &mut Rng, line: &mut Vec<u8>) {
    for _ in 0..random.u8(1..=3) {
        let at = random.usize(0..=line.len());
        match random.u8(0..8) {
            0 if at < line.len() => line[at] = random.u8(..),
            1 if at < line.len() => line[at] ^= 1 << random.u8(0..8),
            2 if at < line.len() => drop(line.remove(at)),
            3 => insert(line, at, PIECES[random.usize(0..PIECES.len())]),
            4 => insert(line, at, &[random.u8(..)]),
            5 => {
                let digits = line.iter().position(u8::is_ascii_digit).unwrap_or(at);
                insert(
                    line,
                    digits.max(at),
                    NUMBERS[random.usize(0..NUMBERS.len())].as_bytes(),
                );
            }
            6 => line.truncate(at),
            _ => {
                let from = at.saturating_sub(random.usize(1..12));
                line.extend_from_within(from..at);
            }
        }
    }
}

fn insert(line: &mut Vec<u8>, at: usize, piece: &[u8]) {
    line.splice(at..at, piece.iter().copied());
}

/// Any port, or one of few, so that they meet again.
fn port(random: &mut Rng) -> u16 {
    match random.u8(0..16) {
        0..3 => 19 << 8 | 1,
        3 => 1023,
        4 => 1024,
        _ => random.u16(..),
    }
}

fn push_port(line: &mut Vec<u8>, port: u16) {
    push_number(line, port >> 8);
    line.push(b',');
    push_number(line, port & 255);
}

fn push_number(line: &mut Vec<u8>, number: u16) {
    let mut power = 10_000;
    while power > 1 && number < power {
        power /= 10;
    }
    while power > 0 {
        line.push(b'0' + (number / power % 10) as u8);
        power /= 10;
    }
}
