//! Random conversations: honest ones, and what becomes of them by mutation.

use ftp_track_common::tuple::Direction;

use crate::support::transcript::{Transcript, Turn};

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

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
pub fn session(random: &mut Random) -> (Transcript, Vec<u8>) {
    let mut transcript = Transcript {
        v6: random.percent(40),
        ..Transcript::default()
    };
    let v6 = transcript.v6;
    if random.percent(95) {
        push(
            random,
            &mut transcript,
            Direction::FromServer,
            "220 ready".to_owned(),
        );
    }
    for _ in 0..2 + random.below(14) {
        match random.below(10) {
            0..=2 => {
                let command = active(random, v6);
                push(random, &mut transcript, Direction::FromClient, command);
                let reply = if random.percent(70) {
                    "200 ok"
                } else {
                    random.pick(&REPLIES)
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
                    random.pick(&["PASV", "EPSV", "pasv"])
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
                let command = random.pick(&COMMANDS).to_owned();
                push(random, &mut transcript, Direction::FromClient, command);
            }
            8 => {
                let reply = random.pick(&REPLIES).to_owned();
                push(random, &mut transcript, Direction::FromServer, reply);
            }
            _ => {
                let reply = passive(random);
                push(random, &mut transcript, Direction::FromServer, reply);
            }
        }
    }
    end(random, &mut transcript);
    let choices = (0..random.below(12)).map(|_| random.next() as u8).collect();
    (transcript, choices)
}

/// Some connections end.
fn end(random: &mut Random, transcript: &mut Transcript) {
    match random.below(10) {
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

fn active(random: &mut Random, v6: bool) -> String {
    let port = PORTS[random.below(PORTS.len())];
    let [high, low] = port.to_be_bytes();
    let honest = random.percent(85);
    match (v6, honest) {
        (false, true) if random.percent(80) => format!("PORT 10,0,0,1,{high},{low}"),
        (false, true) => format!("EPRT |1|10.0.0.1|{port}|"),
        (false, false) => format!("PORT 10,0,0,2,{high},{low}"),
        (true, true) => format!("EPRT |2|2001:db8::1|{port}|"),
        (true, false) => format!("EPRT |2|2001:db8::2|{port}|"),
    }
}

fn passive(random: &mut Random) -> String {
    let port = PORTS[random.below(PORTS.len())];
    let [high, low] = port.to_be_bytes();
    match random.below(5) {
        0 | 1 => format!("227 Entering Passive Mode (192,0,2,1,{high},{low})."),
        2 => format!("227 {high},{low},3,4,{high},{low}"),
        _ => format!("229 Entering Extended Passive Mode (|||{port}|)"),
    }
}

/// Appends a line, now and then with bytes that are changed, put in or left out.
fn push(random: &mut Random, transcript: &mut Transcript, direction: Direction, line: String) {
    let mut bytes = line.into_bytes();
    bytes.extend(if random.percent(90) {
        b"\r\n".as_slice()
    } else {
        b"\n"
    });
    if random.percent(12) {
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.insert(at, b"\xff\xf4\r\n 0,|("[random.below(9)]),
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
