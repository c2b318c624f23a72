//! Bytes that are missing (rule 2).

use ftp_track_common::{reason::Reason, sequence::HOLD_COUNT};

use crate::harness::{
    play::{Direction, FromClient, FromServer, Play},
    row::{self, HOLDING, OBSERVE, Row},
    tracker::Verdict,
};

/// The reply's second part comes before the first.
fn reorder(play: &mut Play<'_>) -> (Vec<u8>, Verdict) {
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

/// Sends a part of `bytes`, which are all of the next ones, ahead of what comes before it.
fn ahead(play: &mut Play<'_>, direction: Direction, bytes: &[u8], from: usize, to: usize) {
    let mut segment = play.control.segment(direction, &bytes[from..to]);
    segment.sequence = segment.sequence.wrapping_add(from as u32);
    assert_eq!(play.deliver(direction, &segment), Verdict::Pass);
}

/// The reply's second part comes first, and the rest of the conversation is in order.
fn swapped(play: &mut Play<'_>, between: fn(&mut Play<'_>, &[u8])) {
    let (reply, verdict) = reorder(play);
    assert_eq!(verdict, Verdict::Pass);
    between(play, &reply);
    play.send(FromServer, &reply[..20]);
    play.lose(FromServer, reply.len() - 20);
    play.ask("NOOP", "200 ok");
}

#[test]
fn kept() {
    const MADE: &[&str] = &["session_new", "expectation_new passive server:50000"];
    const STATE: &[&str] = &[
        "session 2/2 armed passive:50000",
        "expectation passive server:50000",
    ];
    row::run(&[
        Row {
            name: "in observe the later segment passes, and is read behind what fills the gap",
            cells: OBSERVE,
            play: |play| swapped(play, |_, _| {}),
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Kept, 1)],
            state: STATE,
        },
        Row {
            name: "so are several that follow each other",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
                let cuts = [1, 2, 9, 30, 31, reply.len()];
                for pair in cuts.windows(2) {
                    ahead(play, FromServer, &reply, pair[0], pair[1]);
                }
                play.send(FromServer, &reply[..1]);
                play.lose(FromServer, reply.len() - 1);
                play.ask("NOOP", "200 ok");
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Kept, 5)],
            state: STATE,
        },
        Row {
            name: "commands are kept too, with the replies that come after them",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                let lines = format!("NOOP\r\n{}\r\n", play.passive_command()).into_bytes();
                ahead(play, FromClient, &lines, 3, lines.len());
                play.send(FromClient, &lines[..3]);
                play.lose(FromClient, lines.len() - 3);
                play.server("200 ok");
                play.server(&play.passive_reply(50_000));
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1), (Reason::Kept, 1)],
            state: STATE,
        },
        Row {
            name: "other bytes in the place of what is kept: the first count",
            cells: OBSERVE,
            play: |play| {
                swapped(play, |play, reply| {
                    let mut other = reply.to_vec();
                    other[20..].fill(b'\n');
                    for from in [20, 19] {
                        ahead(play, FromServer, &other, from, reply.len());
                    }
                })
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::GapPassed, 2),
            ],
            state: STATE,
        },
        Row {
            name: "with a wrong checksum, or from the wrong side, it is not kept",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_001)).into_bytes();
                let mut forged = play.control.segment(FromServer, &reply[20..]);
                forged.sequence = forged.sequence.wrapping_add(20);
                let mut frame = forged.frame();
                play.deliver_frame(&frame, play.control.interfaces[0]);
                let last = frame.len() - 1;
                frame[last] ^= 1;
                play.deliver_frame(&frame, play.control.interfaces[1]);
                play.server(&play.passive_reply(50_000));
                play.ask("NOOP", "200 ok");
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::WrongInterface, 1),
                (Reason::BadChecksum, 1),
            ],
            state: STATE,
        },
        Row {
            name: "it does not come back in the next connection with the same ports",
            cells: OBSERVE,
            play: |play| {
                let (reply, _) = reorder(play);
                play.reset(FromClient);
                // Its reply stands where that of the first one stood.
                let before = 1 + "220 ready\r\n".len() as u32;
                play.control.next[1] = play.control.next[1].wrapping_sub(before);
                play.greet();
                play.client(play.passive_command());
                play.send(FromServer, &reply[..20]);
            },
            notes: &["session_new", "session_end control_reset", "session_new"],
            counts: &[(Reason::ControlPort, 2), (Reason::Kept, 1)],
            state: &["session 1/0"],
        },
        Row {
            name: "what is too long, or too far away, passes and is lost",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                let long = vec![b'x'; 10_000];
                ahead(play, FromClient, &long, 10, 523);
                ahead(play, FromClient, &long, 8_193, 8_200);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::GapPassed, 2)],
            state: &["session 0/0"],
        },
        Row {
            name: "in observe what fills the gap went another way: reading goes on at the next line",
            cells: OBSERVE,
            play: |play| {
                let (reply, _) = reorder(play);
                play.lose(FromServer, reply.len());
                play.acknowledge(FromClient);
                play.server("200 ignored up to here");
                play.passive(50_001);
            },
            notes: &["session_new", "expectation_new passive server:50001"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Resynchronised, 1),
            ],
            state: &[
                "session 2/2 armed passive:50001",
                "expectation passive server:50001",
            ],
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
