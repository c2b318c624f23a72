//! Random conversations: honest ones, and what becomes of them by mutation.

use fastrand::Rng;
use ftp_track_common::tuple::Direction;

use crate::support::transcript::{Transcript, Turn};

/// Ports that are announced: few, so that they meet.
pub const PORTS: [u16; 5] = [1023, 1024, 5001, 5002, 65535];

const COMMANDS: [&str; 16] = [
    "NOOP",
    "USER a",
    "PASS b",
    "RETR f",
    "LIST",
    "ABOR",
    "\u{0}",
    "REIN",
    "QUIT",
    "AUTH TLS",
    "EPSV ALL",
    "PASV",
    "EPSV",
    "epsv 2",
    "XYZZY",
    "SITE 227 (192,0,2,1,19,137)",
];
const REPLIES: [&str; 16] = [
    "200 ok",
    "150 coming",
    "226 done",
    "225 done",
    "331 b?",
    "230 in",
    "426 broken",
    "500 what",
    "502 no",
    "421 bye",
    "234 go on",
    "220 again",
    "350 more",
    "250-many",
    "250 end",
    "no reply",
];

/// A conversation, and choices for its segments.
pub fn session(random: &mut Rng) -> (Transcript, Vec<u8>) {
    let mut transcript = Transcript {
        v6: chance(random, 40),
        ..Transcript::default()
    };
    let v6 = transcript.v6;
    if chance(random, 95) {
        push(
            random,
            &mut transcript,
            Direction::FromServer,
            "220 ready".to_owned(),
        );
    }
    for _ in 0..2 + random.usize(..14) {
        match random.usize(..10) {
            0..=2 => {
                let command = active(random, v6);
                push(random, &mut transcript, Direction::FromClient, command);
                let reply = if chance(random, 70) {
                    "200 ok"
                } else {
                    pick(random, &REPLIES)
                };
                push(
                    random,
                    &mut transcript,
                    Direction::FromServer,
                    reply.to_owned(),
                );
            }
            3..=5 => {
                let command = if v6 {
                    "EPSV"
                } else {
                    pick(random, &["PASV", "EPSV", "pasv"])
                };
                push(
                    random,
                    &mut transcript,
                    Direction::FromClient,
                    command.to_owned(),
                );
                let reply = passive(random);
                push(random, &mut transcript, Direction::FromServer, reply);
            }
            6 | 7 => {
                let command = pick(random, &COMMANDS).to_owned();
                push(random, &mut transcript, Direction::FromClient, command);
            }
            8 => {
                let reply = pick(random, &REPLIES).to_owned();
                push(random, &mut transcript, Direction::FromServer, reply);
            }
            _ => {
                let reply = passive(random);
                push(random, &mut transcript, Direction::FromServer, reply);
            }
        }
    }
    end(random, &mut transcript);
    let choices = (0..random.usize(..12)).map(|_| random.u8(..)).collect();
    (transcript, choices)
}

/// Some connections end.
fn end(random: &mut Rng, transcript: &mut Transcript) {
    match random.usize(..10) {
        0 => transcript.push(Turn::Fin(Direction::FromServer)),
        1 => transcript.push(Turn::Rst(Direction::FromServer)),
        2 => transcript.push(Turn::Rst(Direction::FromClient)),
        3 => {
            transcript.push(Turn::Fin(Direction::FromClient));
            push(
                random,
                transcript,
                Direction::FromServer,
                "226 done".to_owned(),
            );
        }
        _ => {}
    }
}

fn active(random: &mut Rng, v6: bool) -> String {
    let port = PORTS[random.usize(..PORTS.len())];
    let [high, low] = port.to_be_bytes();
    let honest = chance(random, 85);
    match (v6, honest) {
        (false, true) if chance(random, 80) => format!("PORT 10,0,0,1,{high},{low}"),
        (false, true) => format!("EPRT |1|10.0.0.1|{port}|"),
        (false, false) => format!("PORT 10,0,0,2,{high},{low}"),
        (true, true) => format!("EPRT |2|2001:db8::1|{port}|"),
        (true, false) => format!("EPRT |2|2001:db8::2|{port}|"),
    }
}

fn passive(random: &mut Rng) -> String {
    let port = PORTS[random.usize(..PORTS.len())];
    let [high, low] = port.to_be_bytes();
    match random.usize(..5) {
        0 | 1 => format!("227 Entering Passive Mode (192,0,2,1,{high},{low})."),
        2 => format!("227 {high},{low},3,4,{high},{low}"),
        _ => format!("229 Entering Extended Passive Mode (|||{port}|)"),
    }
}

/// Appends a line, now and then with bytes that are changed, put in or left out.
fn push(random: &mut Rng, transcript: &mut Transcript, direction: Direction, line: String) {
    let mut bytes = line.into_bytes();
    bytes.extend(if chance(random, 90) {
        b"\r\n".as_slice()
    } else {
        b"\n"
    });
    if chance(random, 12) {
        for _ in 0..1 + random.usize(..3) {
            let at = random.usize(..bytes.len());
            match random.usize(..5) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.insert(at, b"\xff\xf4\r\n 0,|("[random.usize(..9)]),
                2 if bytes.len() > 1 => {
                    bytes.remove(at);
                }
                3 => bytes[at] ^= 0x20,
                _ => bytes.insert(at, bytes[at]),
            }
        }
    }
    transcript.push(Turn::Bytes(direction, bytes));
}

/// True so many times in a hundred.
fn chance(random: &mut Rng, percent: u32) -> bool {
    random.u32(..100) < percent
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(..from.len())]
}
