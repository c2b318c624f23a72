//! Generators of conversations: honest sessions with hostile, odd and pipelined lines in them.

use ftp_track_common::tuple::Direction;
use proptest::{collection::vec, prelude::*, sample::select};

use super::line;
use crate::support::transcript::{Transcript, Turn};

/// A command and the replies that an honest server would give.
type Exchange = (String, Vec<String>);

fn port() -> BoxedStrategy<u16> {
    prop_oneof![10 => 1_024..=65_535u16, 1 => 0..1_024u16].boxed()
}

fn host_port(host: &str, port: u16) -> String {
    format!("{host},{},{}", port >> 8, port & 255)
}

/// PASV, EPSV, PORT and EPRT with their replies; sometimes refused or wrong.
fn setup() -> BoxedStrategy<Exchange> {
    let v6 = "2001:db8::1";
    let accept = prop_oneof![6 => Just("200 ok"), 1 => select(vec!["500 no", "226 odd", "250 ok", "425 no"])];
    prop_oneof![
        4 => port().prop_map(|port| {
            let address = host_port("192,0,2,1", port);
            ("PASV".into(), vec![format!("227 Entering Passive Mode ({address}).")])
        }),
        4 => port().prop_map(|port| ("EPSV".into(), vec![format!("229 ok (|||{port}|)")])),
        1 => port().prop_map(|port| ("PASV".into(), vec![format!("229 ok (|||{port}|)")])),
        1 => (select(vec!["PASV", "EPSV"]), select(vec!["500 no", "227 none", "229 (||)", "200 ok", "425 no"]))
            .prop_map(|(verb, reply)| (verb.into(), vec![reply.into()])),
        3 => (port(), accept.clone()).prop_map(|(port, reply)| {
            (format!("PORT {}", host_port("10,0,0,1", port)), vec![reply.into()])
        }),
        2 => (port(), accept.clone()).prop_map(|(port, reply)| {
            (format!("EPRT |1|10.0.0.1|{port}|"), vec![reply.into()])
        }),
        1 => (port(), accept.clone()).prop_map(move |(port, reply)| {
            (format!("EPRT |2|{v6}|{port}|"), vec![reply.into()])
        }),
        1 => (port(), accept).prop_map(|(port, reply)| {
            (format!("PORT {}", host_port("192,0,2,99", port)), vec![reply.into()])
        }),
        1 => select(vec!["PORT 1,2", "EPRT |1|x|1|", "PORT"])
            .prop_map(|line| (line.into(), vec!["501 bad".into()])),
    ]
    .boxed()
}

/// Commands that set nothing up.
fn other() -> BoxedStrategy<Exchange> {
    let rows: Vec<(&str, &[&str])> = vec![
        ("NOOP", &["200 ok"]),
        ("TYPE I", &["200 ok"]),
        ("RETR file", &["150 here", "226 done"]),
        ("RETR file", &["150 here", "426 aborted"]),
        ("RETR none", &["550 none"]),
        ("LIST", &["125 here", "250 done"]),
        (
            "SITE HELP",
            &["214-list", "227 (192,0,2,1,19,137)", "200 ok", "214 end"],
        ),
        ("XYZZY", &["500 what"]),
        ("", &[]),
        ("ABOR", &["226 ok"]),
        ("ABOR", &["426 aborted", "226 ok"]),
        ("ABOR", &[]),
        ("EPSV ALL", &["200 ok"]),
        ("EPSV ALL", &["501 no"]),
        ("REIN", &["220 ready"]),
        ("REIN", &["120 soon", "220 ready"]),
        ("REIN", &["502 no"]),
        ("AUTH TLS", &["534 no"]),
        ("QUIT", &["221 bye"]),
        ("\u{0}", &["500 what"]),
    ];
    let rare: Vec<(&str, &[&str])> = vec![
        ("AUTH TLS", &["234 go"]),
        ("NOOP", &["421 bye"]),
        ("Host: example", &["500 what"]),
        ("NOOP", &[]),
        ("NOOP", &["200 ok", "200 ok"]),
    ];
    let owned = |(command, replies): (&str, &[&str])| {
        let replies = replies.iter().map(|&reply| reply.to_owned()).collect();
        (command.to_owned(), replies)
    };
    prop_oneof![12 => select(rows), 1 => select(rare)]
        .prop_map(owned)
        .boxed()
}

/// A line out of place.
fn odd_line() -> BoxedStrategy<(Direction, Vec<u8>)> {
    let server = prop_oneof![
        line::passive_reply(),
        line::extended_reply(),
        select(vec![
            "200 stray",
            "226 stray",
            "225 stray",
            "550 stray",
            "150 go",
            "hello",
            "220-"
        ])
        .prop_map(str::to_owned),
    ];
    let client = prop_oneof![
        line::eprt_command(),
        line::port_command().prop_map(String::into_bytes),
        line::bytes(),
    ];
    prop_oneof![
        server.prop_map(|line| (Direction::FromServer, line.into_bytes())),
        client.prop_map(|line| (Direction::FromClient, line)),
    ]
    .boxed()
}

fn line_turn(direction: Direction, line: &[u8], end: &str) -> Turn {
    Turn::Bytes(direction, [line, end.as_bytes()].concat())
}

/// Exchanges one after the other, or all commands before all replies.
fn batch() -> BoxedStrategy<Vec<Turn>> {
    let exchange = prop_oneof![3 => setup(), 4 => other()];
    let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n")];
    let odd = proptest::option::weighted(0.15, odd_line());
    (vec((exchange, odd), 1..6), any::<bool>(), end)
        .prop_map(|(exchanges, pipelined, end)| {
            let mut commands = Vec::new();
            let mut replies = Vec::new();
            let mut turns = Vec::new();
            for ((command, answer), odd) in exchanges {
                commands.push(line_turn(Direction::FromClient, command.as_bytes(), end));
                if let Some((direction, line)) = odd {
                    let place = match direction {
                        Direction::FromClient => &mut commands,
                        Direction::FromServer => &mut replies,
                    };
                    place.push(line_turn(direction, &line, end));
                }
                let answer = answer
                    .iter()
                    .map(|reply| line_turn(Direction::FromServer, reply.as_bytes(), end));
                replies.extend(answer);
                if !pipelined {
                    turns.append(&mut commands);
                    turns.append(&mut replies);
                }
            }
            turns.append(&mut commands);
            turns.append(&mut replies);
            turns
        })
        .boxed()
}

/// A whole conversation.
pub fn transcript() -> BoxedStrategy<Transcript> {
    let greeting = prop_oneof![
        20 => Just(vec!["220 ready\r\n"]),
        2 => Just(vec!["120 soon\r\n", "220-hello\r\n", "230 x\r\n", "220 ready\r\n"]),
        1 => select(vec![vec![], vec!["421 no\r\n"], vec!["hello\r\n"]]),
    ];
    let ending = prop_oneof![
        6 => Just(vec![]),
        1 => Just(vec![Turn::Fin(Direction::FromClient)]),
        1 => Just(vec![Turn::Fin(Direction::FromServer)]),
        1 => Just(vec![Turn::Rst(Direction::FromServer)]),
    ];
    (any::<bool>(), greeting, vec(batch(), 1..6), ending)
        .prop_map(|(v6, greeting, batches, ending)| {
            let mut transcript = Transcript {
                v6,
                ..Transcript::default()
            };
            for line in greeting {
                transcript.push(line_turn(Direction::FromServer, line.as_bytes(), ""));
            }
            for turn in batches.into_iter().flatten().chain(ending) {
                transcript.push(turn);
            }
            transcript
        })
        .boxed()
}

/// Bytes of both sides without any order, beginning with a greeting.
pub fn noise() -> BoxedStrategy<Transcript> {
    let chunk = (any::<bool>(), line::bytes(), select(vec!["", "\n", "\r\n"]));
    vec(chunk, 0..30)
        .prop_map(|chunks| {
            let mut transcript = Transcript::default();
            transcript.push(line_turn(Direction::FromServer, b"220 ready", "\r\n"));
            transcript.push(line_turn(Direction::FromClient, b"USER x", "\r\n"));
            for (from_client, bytes, end) in chunks {
                let direction = if from_client {
                    Direction::FromClient
                } else {
                    Direction::FromServer
                };
                transcript.push(line_turn(direction, &bytes, end));
            }
            transcript
        })
        .boxed()
}
