//! Many lines in one segment, lines over many, and lines of any length (rules 1, 4 and 6).

use ftp_track_common::{reason::Reason, request::CAPACITY};

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer, Play},
    row::{self, EVERYWHERE, LARGE, Row, WHOLE},
};

/// Sends `count` commands and PASV, then their replies, each in segments of at most `longest`
/// bytes.
fn pipeline(play: &mut Play<'_>, count: usize, longest: usize) {
    play.greet();
    let commands = "NOOP\r\n".repeat(count) + play.passive_command() + "\r\nNOOP\r\n";
    let replies = "200 ok\r\n".repeat(count) + &play.passive_reply(50_000) + "\r\n200 ok\r\n";
    for part in commands.as_bytes().chunks(longest) {
        play.send(FromClient, part);
    }
    for part in replies.as_bytes().chunks(longest) {
        play.send(FromServer, part);
    }
}

const MADE: &[&str] = &["session_new", "expectation_new passive server:50000"];
const OPENED: &[(Reason, u64)] = &[(Reason::ControlPort, 1)];

/// A row that pipelines; `state` has the number of commands.
fn pipelined(name: &'static str, play: fn(&mut Play<'_>), state: &'static [&'static str]) -> Row {
    Row {
        name,
        cells: WHOLE,
        play,
        notes: MADE,
        counts: OPENED,
        state,
    }
}

#[test]
fn many_lines() {
    const STATE_302: &[&str] = &[
        "session 302/302 armed passive:50000",
        "expectation passive server:50000",
    ];
    row::run(&[
        pipelined(
            "300 in one segment",
            |play| pipeline(play, 300, 3000),
            STATE_302,
        ),
        pipelined(
            "300 in segments of 1460",
            |play| pipeline(play, 300, 1460),
            STATE_302,
        ),
        pipelined(
            "300 in segments of 11",
            |play| pipeline(play, 300, 11),
            STATE_302,
        ),
        Row {
            cells: LARGE,
            ..pipelined(
                "7000 in packets of up to 60000 bytes",
                |play| pipeline(play, 7000, 60_000),
                &[
                    "session 7002/7002 armed passive:50000",
                    "expectation passive server:50000",
                ],
            )
        },
        Row {
            name: "the whole conversation of each side in one segment",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                let passive = play.passive_command();
                play.client(&format!(
                    "USER a\r\nPASS b\r\nTYPE I\r\n{passive}\r\nRETR file"
                ));
                let reply = play.passive_reply(50_000);
                play.server(&format!(
                    "331 more\r\n230 in\r\n200 ok\r\n{reply}\r\n150 coming"
                ));
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Expected, 1)],
            state: &[
                "session 5/4 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 opening",
            ],
        },
        Row {
            name: "more requests outstanding than are remembered",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let command = format!("{}\r\n", play.passive_command());
                let commands = command.repeat(CAPACITY + 1);
                play.send(FromClient, commands.as_bytes());
            },
            notes: &["session_new", "refused passive server:0 too_many_requests"],
            counts: &[(Reason::ControlPort, 1), (Reason::TooManyRequests, 2)],
            state: &["session 33/0"],
        },
    ]);
}

#[test]
fn long_lines() {
    row::run(&[
        Row {
            name: "of 3000 bytes",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask(
                    &format!("CWD {}", "d".repeat(3000)),
                    &format!("250 {}", "x".repeat(3000)),
                );
                play.passive(50_000);
            },
            notes: MADE,
            counts: OPENED,
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "of 60000 bytes in one packet",
            cells: LARGE,
            play: |play| {
                play.greet();
                let name = "d".repeat(60_000);
                play.ask(&format!("CWD {name}"), &format!("250 {name}"));
                play.passive(50_000);
            },
            notes: MADE,
            counts: OPENED,
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "with a command in the argument, and a CR inside",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                let command = play.active_command(play.control.client.ip(), 50_001);
                play.ask(&format!("MKD x{command}"), "257 made");
                play.ask(&format!("MKD a\r{command}"), "257 made");
                play.passive(50_000);
            },
            notes: MADE,
            counts: OPENED,
            state: &[
                "session 3/3 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
