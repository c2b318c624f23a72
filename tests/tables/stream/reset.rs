//! RST and FIN that may or may not end a control connection.

use ftp_track_common::{
    reason::Reason,
    segment::{FIN, RST},
};

use crate::harness::{
    play::{Direction, FromClient, FromServer, Play},
    row::{self, Row, WHOLE},
};

/// A RST of `direction`, `ahead` bytes from where its stream is.
fn reset(play: &mut Play<'_>, direction: Direction, ahead: i32) {
    let mut segment = play.control.segment(direction, b"");
    segment.flags = RST;
    segment.sequence = segment.sequence.wrapping_add_signed(ahead);
    play.deliver(direction, &segment);
}

#[test]
fn resets() {
    row::run(&[
        Row {
            name: "before what was acknowledged, beyond what was sent, and beyond the window",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.acknowledge(FromClient);
                reset(play, FromServer, -30);
                reset(play, FromServer, 1);
                reset(play, FromServer, 60_000);
                reset(play, FromServer, 64_000 * 128 + 100);
                reset(play, FromClient, -30);
                reset(play, FromClient, 1 << 30);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadReset, 6)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "among what is on its way",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                reset(play, FromServer, -5);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_reset",
                "session_end control_reset",
            ],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 1/1 ended"],
        },
        Row {
            name: "of a connection that nobody knows",
            cells: WHOLE,
            play: |play| {
                reset(play, FromServer, 0);
                reset(play, FromClient, 0);
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
    ]);
}

#[test]
fn ends() {
    row::run(&[
        Row {
            name: "a FIN behind a gap waits for the gap",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut early = play.control.segment(FromServer, b"");
                let reply = play.passive_reply(50_000).len() as u32 + 2;
                early.sequence = early.sequence.wrapping_add(reply);
                early.flags |= FIN;
                play.deliver(FromServer, &early);
                play.passive(50_000);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "session_end control_closed",
            ],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 1/1 ended"],
        },
        Row {
            name: "a FIN that the stream passes was forged",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut early = play.control.segment(FromServer, b"");
                early.sequence = early.sequence.wrapping_add(5);
                early.flags |= FIN;
                play.deliver(FromServer, &early);
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a FIN in front of what was read is forged",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut old = play.control.segment(FromServer, b"");
                old.sequence = old.sequence.wrapping_sub(9);
                old.flags |= FIN;
                play.deliver(FromServer, &old);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "what the client asked before its FIN is still answered",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                play.client("RETR file");
                play.finish(FromClient);
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 2/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
