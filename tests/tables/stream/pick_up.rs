//! Control connections that are older than the tracker (rule 5).

use ftp_track_common::reason::Reason;

use crate::harness::{
    play::{FromClient, FromServer},
    row::{self, EVERYWHERE, Row, WHOLE},
};

#[test]
fn picked_up() {
    row::run(&[
        Row {
            name: "at a command",
            cells: WHOLE,
            play: |play| {
                play.client("NOOP");
                play.server("200 ok");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::NoHandshake, 1)],
            state: &[
                "session 2/2 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "at a reply",
            cells: WHOLE,
            play: |play| {
                play.server("200 ok");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::NoHandshake, 1), (Reason::StrayReply, 1)],
            state: &[
                "session 1/1 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "in the middle of a line",
            cells: WHOLE,
            play: |play| {
                play.say(FromServer, b"is the rest of it\r\n");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::NoHandshake, 1), (Reason::NotAReply, 1)],
            state: &[
                "session 1/1 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "byte by byte",
            cells: EVERYWHERE,
            play: |play| {
                play.passive(50_000);
                play.client("NOOP");
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::NoHandshake, 1)],
            state: &[
                "session 2/1 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "one side alone, from an address that may be forged, announces nothing",
            cells: WHOLE,
            play: |play| {
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
                let mut forged = play.control.segment(FromServer, &reply);
                forged.acknowledgment = forged.acknowledgment.wrapping_sub(1_000_000);
                play.deliver(FromServer, &forged);
            },
            notes: &["session_new", "refused passive server:50000 unconfirmed"],
            counts: &[(Reason::NoHandshake, 1), (Reason::Unconfirmed, 1)],
            state: &["session 1/1 picked_up unconfirmed"],
        },
        Row {
            name: "an ACK without payload is not enough",
            cells: WHOLE,
            play: |play| {
                play.acknowledge(FromClient);
                play.acknowledge(FromServer);
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
    ]);
}
