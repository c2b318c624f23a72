//! Bytes that are missing (rule 2): what is beyond them is held back.

use ftp_track_common::{reason::Reason, sequence::HOLD_COUNT};

use crate::harness::{
    play::{FromClient, FromServer, Play},
    row::{self, HOLDING, Row},
    tracker::Verdict,
};

/// The reply's second part comes before the first.
pub(super) fn reorder(play: &mut Play<'_>) -> (Vec<u8>, Verdict) {
    play.greet();
    play.client(play.passive_command());
    let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
    let mut late = play.control.segment(FromServer, &reply[20..]);
    late.sequence = late.sequence.wrapping_add(20);
    let verdict = play.deliver(FromServer, &late);
    (reply, verdict)
}

#[test]
fn held_back() {
    row::run(&[
        Row {
            name: "the later segment waits, and is sent again in order",
            cells: HOLDING,
            play: |play| {
                let (reply, verdict) = reorder(play);
                assert_eq!(verdict, Verdict::Drop);
                play.send(FromServer, &reply[..20]);
                play.send(FromServer, &reply[20..]);
            },
            notes: &[
                "session_new",
                "drop",
                "expectation_new passive server:50000",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::HeldBack, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "the later segment waits, and all is sent again in one",
            cells: HOLDING,
            play: |play| {
                let (reply, verdict) = reorder(play);
                assert_eq!(verdict, Verdict::Drop);
                play.send(FromServer, &reply);
            },
            notes: &[
                "session_new",
                "drop",
                "expectation_new passive server:50000",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::HeldBack, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a bounded number of times",
            cells: HOLDING,
            play: |play| {
                let (reply, _) = reorder(play);
                let mut late = play.control.segment(FromServer, &reply[20..]);
                late.sequence = late.sequence.wrapping_add(20);
                for _ in 1..HOLD_COUNT {
                    assert_eq!(play.deliver(FromServer, &late), Verdict::Drop);
                }
                for _ in 0..2 {
                    assert_eq!(play.deliver(FromServer, &late), Verdict::Pass);
                }
                play.notes.retain(|note| note != "drop");
            },
            notes: &["session_new"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::HeldBack, HOLD_COUNT as u64),
                (Reason::GapPassed, 2),
            ],
            state: &["session 1/0"],
        },
    ]);
}

#[test]
fn resynchronised() {
    row::run(&[
        Row {
            name: "the reply went another way: no expectation, and the next one is read",
            cells: HOLDING,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                // Half of the reply and another line are lost here, but the client has them.
                let reply = play.passive_reply(50_000);
                play.lose(FromServer, reply.len() - 10);
                let later = play.control.segment(FromServer, b"the rest\r\n");
                play.deliver(FromServer, &later);
                play.lose(FromServer, 10);
                play.acknowledge(FromClient);
                play.server("200 in the middle of which it begins");
                play.passive(50_001);
                play.notes.retain(|note| note != "drop");
            },
            notes: &["session_new", "expectation_new passive server:50001"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::HeldBack, 1),
                (Reason::Resynchronised, 1),
            ],
            state: &[
                "session 2/2 armed passive:50001",
                "expectation passive server:50001",
            ],
        },
        Row {
            name: "the line that is cut by the gap is not read",
            cells: HOLDING,
            play: |play| {
                play.greet();
                play.lose(FromClient, 3);
                let later = play.control.segment(FromClient, b"x\r\nNOOP\r\n");
                play.deliver(FromClient, &later);
                play.lose(FromClient, 9);
                play.server("200 ok");
                play.client("PASV");
                play.client(play.passive_command());
                play.server(&play.passive_reply(50_000));
                play.notes.retain(|note| note != "drop");
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::HeldBack, 1),
                (Reason::Resynchronised, 1),
                (Reason::StrayReply, 1),
            ],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
