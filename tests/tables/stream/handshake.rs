//! Sessions begin with a whole handshake.

use ftp_track_common::{
    reason::Reason,
    segment::{CWR, ECE},
};

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer, Play},
    row::{self, Row, WHOLE},
};

/// SYN and SYN-ACK, with the acknowledgment off by `wrong`.
fn half_open(play: &mut Play<'_>, wrong: u32) {
    let syn = play.control.syn();
    play.deliver(FromClient, &syn);
    play.control.next[0] = syn.end();
    let mut answer = play.control.syn_ack();
    answer.acknowledgment = answer.acknowledgment.wrapping_add(wrong);
    play.deliver(FromServer, &answer);
    play.control.next[1] = answer.end();
}

/// SYN, an answer that the tracker does not see, and the ACK of that.
fn unanswered(play: &mut Play<'_>) {
    let syn = play.control.syn();
    play.deliver(FromClient, &syn);
    play.control.next[0] = syn.end();
    play.lose(FromServer, 1);
    play.acknowledge(FromClient);
}

#[test]
fn handshakes() {
    row::run(&[
        Row {
            name: "a SYN alone makes no session",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                play.deliver(FromClient, &syn);
                assert_eq!(play.tracker.handshakes.entries().len(), 1);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 2)],
            state: &[],
        },
        Row {
            name: "nor do a SYN and a SYN-ACK",
            cells: WHOLE,
            play: |play| half_open(play, 0),
            notes: &[],
            counts: &[(Reason::ControlPort, 1)],
            state: &[],
        },
        Row {
            name: "a SYN-ACK that answers another SYN",
            cells: WHOLE,
            play: |play| {
                half_open(play, 5);
                play.acknowledge(FromClient);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1)],
            state: &[],
        },
        Row {
            name: "an ACK of another SYN-ACK",
            cells: WHOLE,
            play: |play| {
                half_open(play, 0);
                play.lose(FromServer, 1);
                play.acknowledge(FromClient);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1)],
            state: &[],
        },
        Row {
            name: "a SYN-ACK that cannot be read: it begins with the greeting all the same",
            cells: WHOLE,
            play: |play| {
                unanswered(play);
                play.server("220 ready");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::NoHandshake, 1)],
            state: &[
                "session 1/1 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "and then a client that speaks first is no FTP client either",
            cells: WHOLE,
            play: |play| {
                unanswered(play);
                let command = play.active_command(play.control.client.ip(), 50_000);
                play.client(&command);
                play.acknowledge(FromServer);
                play.server("200 ok");
            },
            notes: &["session_new"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::NoHandshake, 1),
                (Reason::NotFtp, 2),
            ],
            state: &["session 0/0 silent not_ftp picked_up"],
        },
        Row {
            name: "with flags for congestion",
            cells: WHOLE,
            play: |play| {
                let mut syn = play.control.syn();
                syn.flags |= ECE | CWR;
                play.deliver(FromClient, &syn);
                play.control.next[0] = syn.end();
                let mut answer = play.control.syn_ack();
                answer.flags |= ECE;
                play.deliver(FromServer, &answer);
                play.control.next[1] = answer.end();
                play.acknowledge(FromClient);
                play.server("220 ready");
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
            name: "the session takes the place of the handshake",
            cells: WHOLE,
            play: |play| {
                play.open();
                assert_eq!(play.tracker.handshakes.entries().len(), 0);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 0/0 silent"],
        },
        Row {
            name: "a SYN that is sent again, and answered again",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                let answer = play.control.syn_ack();
                play.deliver(FromServer, &answer);
                play.greet();
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 2)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "the same ports again after the end",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.finish(FromServer);
                play.finish(FromClient);
                play.lose(FromClient, 1_000_000);
                play.lose(FromServer, 1_000_000);
                play.greet();
                play.passive(50_001);
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "session_end control_closed",
                "session_new",
                "expectation_new passive server:50001",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 2),
                (Reason::AfterEnd, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 armed passive:50001",
                "expectation passive server:50001",
            ],
        },
        Row {
            name: "the same ports again, and no one saw the end of the old connection",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.lose(FromClient, 1_000_000);
                play.lose(FromServer, 1_000_000);
                play.greet();
                play.passive(50_001);
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 control_closed",
                "session_end control_closed",
                "session_new",
                "expectation_new passive server:50001",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[(Reason::ControlPort, 2), (Reason::Unexpected, 1)],
            state: &[
                "session 1/1 armed passive:50001",
                "expectation passive server:50001",
            ],
        },
    ]);
}
