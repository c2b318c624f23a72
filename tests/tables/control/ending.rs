//! What ends an expectation, and a control connection (rules 14 and 15).

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer, Play},
    row::{self, EVERYWHERE, Row, WHOLE},
};

/// A row in which `end` ends an expectation that waits on port 50000, and a SYN comes too late.
fn ends(
    name: &'static str,
    play: fn(&mut Play<'_>),
    notes: &'static [&'static str],
    counts: &'static [(Reason, u64)],
    state: &'static [&'static str],
) -> Row {
    Row {
        name,
        cells: EVERYWHERE,
        play,
        notes,
        counts,
        state,
    }
}

/// An expectation waits on port 50000 of the server.
fn expecting(play: &mut Play<'_>) {
    play.greet();
    play.passive(50_000);
}

fn too_late(play: &mut Play<'_>) {
    Data::passive(play, 50_000).syn(play);
}

const UNEXPECTED: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)];

#[test]
fn by_command() {
    row::run(&[
        ends(
            "REIN",
            |play| {
                expecting(play);
                play.ask("REIN", "220 again");
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 reinitialised",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 2/2"],
        ),
        ends(
            "QUIT",
            |play| {
                expecting(play);
                play.ask("QUIT", "221 bye");
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 quit",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 2/2"],
        ),
        ends(
            "421",
            |play| {
                expecting(play);
                play.server("421 timeout");
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 service_closing",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 1/1"],
        ),
        ends(
            "a new PASV that is refused",
            |play| {
                expecting(play);
                play.ask(play.passive_command(), "425 no");
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 replaced",
                "refused passive server:0 refused_by_server",
                "dropped server:50000 unexpected",
                "drop",
            ],
            &[
                (Reason::ControlPort, 1),
                (Reason::RefusedByServer, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 2/2"],
        ),
        ends(
            "neither any other command nor ABOR",
            |play| {
                expecting(play);
                play.ask("NOOP", "200 ok");
                play.say(FromClient, b"\xff\xf4\xff\xf2ABOR\r\n");
                play.server("226 aborted");
            },
            &["session_new", "expectation_new passive server:50000"],
            &[(Reason::ControlPort, 1)],
            &[
                "session 3/3 armed passive:50000",
                "expectation passive server:50000",
            ],
        ),
    ]);
}

#[test]
fn by_closing() {
    row::run(&[
        ends(
            "FIN of the server",
            |play| {
                expecting(play);
                play.finish(FromServer);
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "session_end control_closed",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 1/1 ended"],
        ),
        ends(
            "FIN of the client",
            |play| {
                expecting(play);
                play.finish(FromClient);
                too_late(play);
                play.finish(FromServer);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "dropped server:50000 unexpected",
                "drop",
                "session_end control_closed",
            ],
            UNEXPECTED,
            &["session 1/1 ended"],
        ),
        ends(
            "FIN with the last line",
            |play| {
                expecting(play);
                let mut segment = play.control.segment(FromServer, b"221 bye\r\n");
                segment.flags |= ftp_track_common::segment::FIN;
                play.deliver(FromServer, &segment);
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "session_end control_closed",
                "dropped server:50000 unexpected",
                "drop",
            ],
            &[
                (Reason::ControlPort, 1),
                (Reason::StrayReply, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 1/1 ended"],
        ),
        ends(
            "RST of the client",
            |play| {
                expecting(play);
                play.reset(FromClient);
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_reset",
                "session_end control_reset",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 1/1 ended"],
        ),
        ends(
            "RST of the server",
            |play| {
                expecting(play);
                play.reset(FromServer);
                too_late(play);
            },
            &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_reset",
                "session_end control_reset",
                "dropped server:50000 unexpected",
                "drop",
            ],
            UNEXPECTED,
            &["session 1/1 ended"],
        ),
        Row {
            name: "what comes after the end makes nothing",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                play.reset(FromServer);
                play.client(play.passive_command());
                play.server(&play.passive_reply(50_001));
                Data::passive(play, 50_001).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_reset",
                "session_end control_reset",
                "dropped server:50001 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::AfterEnd, 2),
                (Reason::Unexpected, 1),
            ],
            state: &["session 1/1 ended"],
        },
    ]);
}

/// 421 comes whenever the server likes (RFC 959, 5.4).
#[test]
fn by_closing_at_odd_places() {
    const ENDED: &[&str] = &[
        "session_new",
        "expectation_new passive server:50000",
        "expectation_end passive server:50000 service_closing",
        "dropped server:50000 unexpected",
        "drop",
    ];
    row::run(&[
        ends(
            "421 between 1yz and 2yz",
            |play| {
                expecting(play);
                play.ask("RETR file", "150 here");
                play.server("421 idle");
                play.server("226 done");
                too_late(play);
            },
            ENDED,
            &[
                (Reason::ControlPort, 1),
                (Reason::StrayReply, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 2/2"],
        ),
        ends(
            "421 before the login",
            |play| {
                play.greet();
                play.ask("USER a", "421 too many");
                play.ask(play.passive_command(), "500 bye");
                too_late(play);
            },
            &[
                "session_new",
                "refused passive server:0 refused_by_server",
                "dropped server:50000 unexpected",
                "drop",
            ],
            &[
                (Reason::ControlPort, 1),
                (Reason::RefusedByServer, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 2/2"],
        ),
        ends(
            "421 behind QUIT",
            |play| {
                expecting(play);
                play.client("NOOP");
                play.client("QUIT");
                play.server("421 idle");
                play.server("221 bye");
                too_late(play);
            },
            ENDED,
            &[
                (Reason::ControlPort, 1),
                (Reason::StrayReply, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 3/3"],
        ),
        ends(
            "421 of many lines, while PASV waits",
            |play| {
                play.greet();
                play.client(play.passive_command());
                play.server("421-Closing");
                play.server(&play.passive_reply(50_000));
                play.server("421 now");
                play.server(&play.passive_reply(50_000));
                too_late(play);
            },
            &["session_new", "dropped server:50000 unexpected", "drop"],
            &[
                (Reason::ControlPort, 1),
                (Reason::UnrequestedPassive, 1),
                (Reason::Unexpected, 1),
            ],
            &["session 1/1"],
        ),
    ]);
}
