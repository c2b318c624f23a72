//! What comes twice beyond missing bytes and is not the same (rule 2).

use ftp_track_common::reason::Reason;

use super::{gap::reorder, kept::ahead};
use crate::harness::{
    play::{FromClient, FromServer, Play},
    row::{self, OBSERVE, Row},
    tracker::Verdict,
};

/// The reply's second part comes first, then with another port, and reading goes on behind both.
fn contested(play: &mut Play<'_>, then: fn(&mut Play<'_>, &[u8])) {
    let (reply, verdict) = reorder(play);
    assert_eq!(verdict, Verdict::Pass);
    then(play, &reply);
    play.server("the end of which is ignored");
    play.passive(50_001);
}

/// The reply with other bytes behind the gap.
fn altered(reply: &[u8]) -> Vec<u8> {
    let mut other = reply.to_vec();
    other[20..].iter_mut().for_each(|byte| *byte ^= 1);
    other
}

/// What came twice and was not the same: which of both the receiver has, it alone knows.
#[test]
fn ambiguous() {
    const MADE: &[&str] = &["session_new", "expectation_new passive server:50001"];
    const STATE: &[&str] = &[
        "session 2/2 armed passive:50001",
        "expectation passive server:50001",
    ];
    row::run(&[
        Row {
            name: "other bytes in the place of what is kept: neither are read",
            cells: OBSERVE,
            play: |play| {
                contested(play, |play, reply| {
                    let other = altered(reply);
                    ahead(play, FromServer, &other, 20, reply.len());
                    // It is of no use to say it again.
                    ahead(play, FromServer, reply, 20, reply.len());
                    play.send(FromServer, &reply[..20]);
                    play.lose(FromServer, reply.len() - 20);
                    play.acknowledge(FromClient);
                })
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Ambiguous, 1),
                (Reason::GapPassed, 1),
                (Reason::Resynchronised, 1),
            ],
            state: STATE,
        },
        Row {
            name: "nor is what comes in their place once the gap is filled",
            cells: OBSERVE,
            play: |play| {
                contested(play, |play, reply| {
                    let other = altered(reply);
                    ahead(play, FromServer, &other, 19, 21);
                    play.send(FromServer, &reply[..20]);
                    play.send(FromServer, &reply[20..]);
                })
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Ambiguous, 2),
                (Reason::Resynchronised, 1),
            ],
            state: STATE,
        },
        Row {
            name: "what fills the gap with other bytes in the place of what is kept: neither are read",
            cells: OBSERVE,
            play: |play| {
                contested(play, |play, reply| {
                    play.send(FromServer, &altered(reply)[..22]);
                    play.lose(FromServer, reply.len() - 22);
                })
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Ambiguous, 1),
                (Reason::Resynchronised, 1),
            ],
            state: STATE,
        },
        Row {
            name: "commands that differ make no expectation",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                let line = format!("{}\r\n", play.passive_command()).into_bytes();
                ahead(play, FromClient, &line, 2, line.len());
                play.send(FromClient, b"NOOP\r\n");
                play.server(&play.passive_reply(50_000));
                play.client("the rest of it");
                play.passive(50_001);
            },
            notes: MADE,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Kept, 1),
                (Reason::Ambiguous, 1),
                (Reason::Resynchronised, 1),
                (Reason::UnrequestedPassive, 1),
            ],
            state: &[
                "session 1/1 armed passive:50001",
                "expectation passive server:50001",
            ],
        },
    ]);
}
