//! Who speaks first, and whether it is FTP (rule 12).

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer, Play},
    row::{self, EVERYWHERE, Row, WHOLE},
};

/// What a browser can be made to send, and what the server might say to it.
fn slip(play: &mut Play<'_>) {
    play.active(50_000);
    Data::active(play, 50_000).syn(play);
}

const DROPPED: &[&str] = &["session_new", "dropped client:50000 unexpected", "drop"];

#[test]
fn not_ftp() {
    row::run(&[
        Row {
            name: "the client speaks before the greeting",
            cells: WHOLE,
            play: |play| {
                play.open();
                play.client("USER a");
                play.server("220 ready");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotFtp, 4),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 silent not_ftp"],
        },
        Row {
            name: "the client speaks in the middle of the greeting",
            cells: WHOLE,
            play: |play| {
                play.open();
                play.say(FromServer, b"220-ready\r\n220");
                play.client("USER a");
                play.say(FromServer, b" go\r\n");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotFtp, 4),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 silent not_ftp"],
        },
        Row {
            name: "HTTP",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client("POST / HTTP/1.1\r\nHost: server");
                play.server("500 what");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotFtp, 4),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 not_ftp"],
        },
        Row {
            name: "the server says no",
            cells: WHOLE,
            play: |play| {
                play.open();
                play.server("530 too many");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotFtp, 3),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 silent not_ftp"],
        },
        Row {
            name: "a greeting of another protocol",
            cells: WHOLE,
            play: |play| {
                play.open();
                play.server("SSH-2.0-server");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NotAReply, 1),
                (Reason::NotFtp, 2),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 silent not_ftp"],
        },
        Row {
            name: "data in the SYN",
            cells: WHOLE,
            play: |play| {
                let mut syn = play.control.syn();
                syn.payload = b"PORT 10,0,0,1,195,80\r\n".to_vec();
                play.deliver(FromClient, &syn);
                play.control.next[0] = syn.end();
                let answer = play.control.syn_ack();
                play.deliver(FromServer, &answer);
                play.control.next[1] = answer.end();
                play.acknowledge(FromClient);
                play.server("220 ready");
                slip(play);
            },
            notes: DROPPED,
            counts: &[
                (Reason::ControlPort, 1),
                // The bytes in the SYN are never read.
                (Reason::Resynchronised, 1),
                (Reason::NotFtp, 3),
                (Reason::Unexpected, 1),
            ],
            state: &["session 0/0 silent not_ftp"],
        },
    ]);
}

#[test]
fn ftp() {
    row::run(&[
        Row {
            name: "a greeting of many lines, after a preliminary one",
            cells: EVERYWHERE,
            play: |play| {
                play.open();
                play.server("120 soon");
                play.server("220-welcome\r\n227 (192,0,2,1,195,80)\r\n 220 not yet\r\n220 now");
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
            name: "verbs in any case, empty lines, and a verb that no server knows, later",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask("uSeR a", "331 more");
                play.client("");
                play.ask("WHAT", "500 what");
                play.ask("PORTX 10,0,0,1,195,80", "500 what");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 4/4 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "each side's words count in its own mouth only",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.client("NOOP");
                play.client(&play.passive_reply(50_000));
                play.server(play.passive_command());
                play.server("200 ok");
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::NotAReply, 1)],
            state: &["session 2/1"],
        },
    ]);
}
