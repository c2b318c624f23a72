//! What a 227 or 229 may look like, and when it counts (rules 6 to 9).

use ftp_track_common::reason::Reason;

use crate::harness::{
    play::{FromClient, FromServer, Play},
    row::{self, Cells, EVERYWHERE, Row, V4, V6},
};

const MADE: &[&str] = &["session_new", "expectation_new passive server:50000"];
const MADE_STATE: &[&str] = &[
    "session 1/1 armed passive:50000",
    "expectation passive server:50000",
];
const OPENED: &[(Reason, u64)] = &[(Reason::ControlPort, 1)];

/// A row in which PASV (or EPSV) and the reply of `play` make an expectation of port 50000.
fn made(name: &'static str, cells: Cells, play: fn(&mut Play<'_>)) -> Row {
    Row {
        name,
        cells,
        play,
        notes: MADE,
        counts: OPENED,
        state: MADE_STATE,
    }
}

#[test]
fn accepted() {
    row::run(&[
        made("without parentheses", V4, |play| {
            play.greet();
            play.ask("PASV", "227 Entering Passive Mode 192,0,2,1,195,80");
        }),
        made("with an equals sign and spaces", V4, |play| {
            play.greet();
            play.ask("pasv", "227 =192, 0, 2, 1, 195, 80");
        }),
        made(
            "another address than the server's is not believed",
            V4,
            |play| {
                play.greet();
                play.ask("PASV", "227 Entering Passive Mode (10,9,9,9,195,80)");
            },
        ),
        made("numbers before the address", V4, |play| {
            play.greet();
            play.ask("PASV", "227 Mode 2, use (192,0,2,1,195,80) now, 7");
        }),
        made("leading zeros", V4, |play| {
            play.greet();
            play.ask("PASV", "227 ok (192,000,002,001,0195,080)");
        }),
        made(
            "the first of several lines is not read, the last is",
            V4,
            |play| {
                play.greet();
                play.client("PASV");
                play.server("227-Entering (192,0,2,1,4,1)");
                play.server("227 (192,0,2,1,195,80)");
            },
        ),
        made("an LF alone ends a line", V4, |play| {
            play.open();
            play.say(FromServer, b"220 ready\n");
            play.say(FromClient, b"PASV\n");
            play.say(FromServer, b"227 (192,0,2,1,195,80)\n");
        }),
        made("229 with another delimiter", V6, |play| {
            play.greet();
            play.ask("EPSV", "229 ok (!!!50000!)");
        }),
        made("229 with an address inside", V6, |play| {
            play.greet();
            play.ask("EPSV", "229 ok (|2|2001:db8::99|50000|)");
        }),
        made("229 with a parenthesis before it", V6, |play| {
            play.greet();
            play.ask("EPSV 2", "229 Extended (passive) mode (|||50000|)");
        }),
        made("227 answers EPSV", V6, |play| {
            play.greet();
            play.ask("EPSV", "227 (192,0,2,1,195,80)");
        }),
        made("229 answers PASV", V4, |play| {
            play.greet();
            play.ask("PASV", "229 ok (|||50000|)");
        }),
    ]);
}

#[test]
fn paired() {
    row::run(&[
        Row {
            name: "a preliminary reply answers nothing",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                play.server("125 wait");
                play.server("150 wait more");
                play.server(&play.passive_reply(50_000));
            },
            notes: MADE,
            counts: OPENED,
            state: MADE_STATE,
        },
        Row {
            name: "a multi-line reply counts once, and its inner lines are no replies",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.client("FEAT");
                play.client(play.passive_command());
                play.server("211-Features:");
                play.server(&play.passive_reply(50_001));
                play.server(" 211 not yet");
                play.server("212 nor this");
                play.server("211 End");
                play.server(&play.passive_reply(50_000));
            },
            notes: MADE,
            counts: OPENED,
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a stray positive reply does not use the request up",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                play.server("226 late");
                play.server(&play.passive_reply(50_000));
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::StrayReply, 1)],
            state: MADE_STATE,
        },
        Row {
            name: "a negative reply ends the request",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask(play.passive_command(), "500 no");
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "refused passive server:0 refused_by_server"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::RefusedByServer, 1),
                (Reason::UnrequestedPassive, 1),
            ],
            state: &["session 1/1"],
        },
        Row {
            name: "nobody asked",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask("NOOP", &play.passive_reply(50_000));
                play.server(&play.passive_reply(50_001));
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::UnrequestedPassive, 2)],
            state: &["session 1/0"],
        },
        Row {
            name: "a reply to nothing, and a line that is no reply",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.server("226 what");
                play.server("hello");
                play.server("99 few");
                play.server("1000 many");
            },
            notes: &["session_new"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotAReply, 3),
                (Reason::StrayReply, 1),
            ],
            state: &["session 0/0"],
        },
    ]);
}

/// A row in which the reply to PASV or EPSV is refused for `reason`; `notes` has its port.
fn refused(
    name: &'static str,
    cells: Cells,
    play: fn(&mut Play<'_>),
    notes: &'static [&'static str],
    counts: &'static [(Reason, u64)],
) -> Row {
    let state = &["session 1/1"];
    Row {
        name,
        cells,
        play,
        notes,
        counts,
        state,
    }
}

#[test]
fn malformed() {
    const NOTES: &[&str] = &["session_new", "refused passive server:0 malformed_reply"];
    const COUNTS: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::MalformedReply, 1)];
    const LOW: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::LowPort, 1)];
    row::run(&[
        refused(
            "five numbers",
            V4,
            |play| {
                play.greet();
                play.ask("PASV", "227 ok (192,0,2,1,195)");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "a number above 255",
            V4,
            |play| {
                play.greet();
                play.ask("PASV", "227 ok (192,0,2,1,256,80)");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "no text",
            V4,
            |play| {
                play.greet();
                play.ask("PASV", "227");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "a port above 65535",
            V6,
            |play| {
                play.greet();
                play.ask("EPSV", "229 ok (|||65536|)");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "two delimiters",
            V6,
            |play| {
                play.greet();
                play.ask("EPSV", "229 ok (||50000|)");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "a low port",
            EVERYWHERE,
            |play| {
                play.greet();
                play.passive(1023);
            },
            &["session_new", "refused passive server:1023 low_port"],
            LOW,
        ),
        refused(
            "port 0",
            EVERYWHERE,
            |play| {
                play.greet();
                play.passive(0);
            },
            &["session_new", "refused passive server:0 low_port"],
            LOW,
        ),
    ]);
}
