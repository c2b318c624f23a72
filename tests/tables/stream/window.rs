//! Segments that the receiver would not accept (rule 3).

use ftp_track_common::reason::Reason;

use crate::harness::{
    play::{FromClient, FromServer, Play},
    row::{self, HOLDING, Row, WHOLE},
};

/// The server's reply, `ahead` bytes from where its stream is.
fn reply_ahead(play: &mut Play<'_>, ahead: u32) {
    let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
    let mut segment = play.control.segment(FromServer, &reply);
    segment.sequence = segment.sequence.wrapping_add(ahead);
    play.deliver(FromServer, &segment);
}

#[test]
fn outside() {
    row::run(&[
        Row {
            name: "beyond the window, scaled by 128",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                reply_ahead(play, 64_000 * 128 + 1);
                reply_ahead(play, 1 << 30);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::OutsideWindow, 2)],
            state: &["session 1/0"],
        },
        Row {
            name: "just inside it",
            cells: HOLDING,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                reply_ahead(play, 64_000 * 128 - 100);
                play.notes.retain(|note| note != "drop");
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::HeldBack, 1)],
            state: &["session 1/0"],
        },
        Row {
            name: "it acknowledges what its receiver cannot have sent",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
                for ahead in [64_000 * 128 + 100, 0x7000_0000, i32::MIN] {
                    let mut segment = play.control.segment(FromServer, &reply);
                    segment.acknowledgment = segment.acknowledgment.wrapping_add_signed(ahead);
                    play.deliver(FromServer, &segment);
                }
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::OutsideWindow, 3)],
            state: &["session 1/0"],
        },
        Row {
            name: "no scale where only one side offered it",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                play.control.next[0] = syn.end();
                let mut answer = play.control.syn_ack();
                answer.options.clear();
                play.deliver(FromServer, &answer);
                play.control.next[1] = answer.end();
                play.acknowledge(FromClient);
                play.server("220 ready");
                play.client(play.passive_command());
                reply_ahead(play, 66_000);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::OutsideWindow, 1)],
            state: &["session 1/0"],
        },
        Row {
            name: "without ACK",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
                let mut segment = play.control.segment(FromServer, &reply);
                segment.flags = 0;
                play.deliver(FromServer, &segment);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::OutsideWindow, 1)],
            state: &["session 1/0"],
        },
    ]);
}
