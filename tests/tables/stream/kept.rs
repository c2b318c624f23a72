//! What is beyond missing bytes in observe mode (rule 2): it passes, and is kept.

use ftp_track_common::{reason::Reason, sequence::HOLD_COUNT};

use super::gap::reorder;
use crate::harness::{
    play::{Direction, FromClient, FromServer, Play},
    row::{self, OBSERVE, Row},
    tracker::Verdict,
};

/// Sends a part of `bytes`, which are all of the next ones, ahead of what comes before it.
pub(super) fn ahead(
    play: &mut Play<'_>,
    direction: Direction,
    bytes: &[u8],
    from: usize,
    to: usize,
) {
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
            name: "it may come several times, in any pieces, if it is the same",
            cells: OBSERVE,
            play: |play| {
                swapped(play, |play, reply| {
                    for (from, to) in [(20, reply.len()), (19, 25), (21, 22)] {
                        ahead(play, FromServer, reply, from, to);
                    }
                })
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Retransmission, 3),
            ],
            state: STATE,
        },
        Row {
            name: "what fills the gap may repeat some of it, or all",
            cells: OBSERVE,
            play: |play| {
                let (reply, _) = reorder(play);
                play.send(FromServer, &reply[..25]);
                play.lose(FromServer, reply.len() - 25);
                play.ask("NOOP", "200 ok");
                let line = b"200 nothing asked for this\r\n";
                ahead(play, FromServer, line, 7, 9);
                play.send(FromServer, line);
                play.ask("NOOP", "200 ok");
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 2),
                (Reason::StrayReply, 1),
            ],
            state: &[
                "session 3/3 armed passive:50000",
                "expectation passive server:50000",
            ],
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
    ]);
}

/// What is not kept is lost, and so is all that is kept if its gap is never filled.
#[test]
fn bounds() {
    row::run(&[
        Row {
            name: "as many as one gap may hold back, and no more",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                let long = vec![b'x'; 1 + HOLD_COUNT as usize + 2];
                for at in 1..long.len() {
                    ahead(play, FromClient, &long, at, at + 1);
                }
            },
            notes: &["session_new"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, HOLD_COUNT as u64),
                (Reason::GapPassed, 2),
            ],
            state: &["session 0/0"],
        },
        Row {
            name: "behind a second gap, or when there is no more room, it is lost",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                let long = vec![b'x'; 2_000];
                ahead(play, FromClient, &long, 10, 20);
                ahead(play, FromClient, &long, 21, 30);
                ahead(play, FromClient, &long, 20, 500);
                ahead(play, FromClient, &long, 500, 1_012);
                ahead(play, FromClient, &long, 1_012, 1_013);
            },
            notes: &["session_new"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 3),
                (Reason::GapPassed, 2),
            ],
            state: &["session 0/0"],
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
