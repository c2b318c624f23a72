//! Retransmissions and overlaps (rule 1).

use ftp_track_common::{
    reason::Reason,
    segment::{ACK, CWR, ECE, PSH, URG},
};

use crate::harness::{
    play::{Direction, FromClient, FromServer, Play},
    row::{self, Row, WHOLE},
};

/// Sends `bytes` again, as if from `back` bytes before the stream's end.
fn again(play: &mut Play<'_>, direction: Direction, back: u32, bytes: &[u8]) {
    let mut segment = play.control.segment(direction, bytes);
    segment.sequence = segment.sequence.wrapping_sub(back);
    play.deliver(direction, &segment);
}

const MADE: &[&str] = &["session_new", "expectation_new passive server:50000"];
const MADE_STATE: &[&str] = &[
    "session 1/1 armed passive:50000",
    "expectation passive server:50000",
];

#[test]
fn sent_again() {
    row::run(&[
        Row {
            name: "every segment twice",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let command = format!("{}\r\n", play.passive_command());
                again(play, FromClient, 6, command.as_bytes());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                play.say(FromServer, reply.as_bytes());
                again(play, FromServer, reply.len() as u32, reply.as_bytes());
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 2)],
            state: MADE_STATE,
        },
        Row {
            name: "an older segment, and a part of one",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                again(play, FromServer, 11, b"220 ready\r\n");
                again(play, FromServer, 4, b"dy\r");
                play.server(&play.passive_reply(50_000));
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 2)],
            state: MADE_STATE,
        },
        Row {
            name: "a segment that begins with bytes that were there",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                let reply = reply.as_bytes();
                play.send(FromServer, &reply[..20]);
                again(play, FromServer, 20, reply);
                play.lose(FromServer, reply.len() - 20);
                play.acknowledge(FromClient);
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1)],
            state: MADE_STATE,
        },
        Row {
            name: "other bytes in the overlap than the first time: the first count",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                play.say(FromServer, reply.as_bytes());
                let other = format!("{}\r\n", play.passive_reply(50_009));
                again(play, FromServer, reply.len() as u32, other.as_bytes());
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 1)],
            state: MADE_STATE,
        },
        Row {
            name: "an answered command makes no second expectation",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                play.say(FromServer, reply.as_bytes());
                play.ask("NOOP", "200 ok");
                again(play, FromServer, reply.len() as u32 + 8, reply.as_bytes());
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 1)],
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "urgent data, and flags for congestion, are data",
            cells: WHOLE,
            play: |play| {
                play.greet();
                for (direction, text) in [
                    (FromClient, "NOOP\r\n".to_owned()),
                    (FromServer, "200 ok\r\n".to_owned()),
                    (FromClient, format!("{}\r\n", play.passive_command())),
                    (FromServer, format!("{}\r\n", play.passive_reply(50_000))),
                ] {
                    for flags in [ACK | URG | PSH, ACK | ECE, ACK | CWR] {
                        let mut segment = play.control.segment(direction, text.as_bytes());
                        segment.flags = flags;
                        play.deliver(direction, &segment);
                    }
                    play.lose(direction, text.len());
                }
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 8)],
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a probe into a full window: its byte counts once, kept or not",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                let mut full = play.control.segment(FromClient, b"");
                full.window = 0;
                play.deliver(FromClient, &full);
                for _ in 0..2 {
                    let probe = play.control.segment(FromServer, &reply.as_bytes()[..1]);
                    play.deliver(FromServer, &probe);
                    play.deliver(FromClient, &full);
                }
                play.send(FromServer, reply.as_bytes());
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 1)],
            state: MADE_STATE,
        },
        Row {
            name: "a keep-alive of one old byte",
            cells: WHOLE,
            play: |play| {
                play.greet();
                again(play, FromServer, 1, b"x");
                again(play, FromServer, 1, b"");
                play.passive(50_000);
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Retransmission, 1)],
            state: MADE_STATE,
        },
    ]);
}
