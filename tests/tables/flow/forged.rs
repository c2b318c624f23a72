//! RST and FIN that somebody else has sent, to end a transfer (rule 17).

use ftp_track_common::{
    flow::Side,
    reason::Reason,
    segment::{ACK, FIN, RST},
};

use crate::{
    harness::{
        data::{Data, Initiator, Responder},
        namespace::WAN,
        play::{Family, Play},
        pool,
        row::{self, Row, WHOLE},
        tracker::{Tracker, Verdict},
    },
    stream::checksum::edited,
};

/// An established one.
fn established(play: &mut Play<'_>) -> Data {
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(play, 50_000);
    data.open(play);
    data
}

/// The frame of a segment of `side` with `flags`, far from where its stream is.
fn forgery(data: &Data, side: Side, flags: u8) -> Vec<u8> {
    let mut segment = data.segment(side, flags);
    segment.sequence = segment.sequence.wrapping_sub(1_000_000);
    segment.frame()
}

/// Brings one.
fn forged(play: &mut Play<'_>, data: &Data, side: Side, flags: u8) {
    play.deliver_frame(&forgery(data, side, flags), data.interfaces[side as usize]);
}

const OPENED: [&str; 4] = [
    "session_new",
    "expectation_new passive server:50000",
    "expectation_used passive server:50000 used",
    "flow_new passive server:50000 expected",
];

#[test]
fn ends() {
    row::run(&[
        Row {
            name: "a RST, behind which its sender goes on",
            cells: WHOLE,
            play: |play| {
                let mut data = established(play);
                forged(play, &data, Responder, RST);
                data.send(play, Initiator, 0);
                data.send(play, Responder, 1000);
                data.send(play, Responder, 1000);
            },
            notes: &[
                OPENED[0],
                OPENED[1],
                OPENED[2],
                OPENED[3],
                "flow_end passive server:50000 reset",
                "flow_new passive server:50000 false_end",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 6),
                (Reason::Reset, 1),
                (Reason::FalseEnd, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 3+4 established",
            ],
        },
        Row {
            name: "FINs of both sides, and payload behind one",
            cells: WHOLE,
            play: |play| {
                let mut data = established(play);
                forged(play, &data, Responder, FIN | ACK);
                forged(play, &data, Initiator, FIN | ACK);
                data.send(play, Initiator, 0);
                data.send(play, Responder, 1000);
            },
            notes: &[
                OPENED[0],
                OPENED[1],
                OPENED[2],
                OPENED[3],
                "flow_end passive server:50000 finished",
                "flow_new passive server:50000 false_end",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 6),
                (Reason::Finished, 1),
                (Reason::FalseEnd, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 4+3 established",
            ],
        },
        Row {
            name: "with a wrong checksum",
            cells: WHOLE,
            play: |play| {
                let data = established(play);
                for (side, flags) in [
                    (Responder, RST),
                    (Responder, FIN | ACK),
                    (Initiator, FIN | ACK),
                ] {
                    let frame = edited(&data.segment(side, flags), |tcp| tcp[14] ^= 0x10);
                    play.deliver_frame(&frame, data.interfaces[side as usize]);
                }
            },
            notes: &OPENED,
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 5),
                (Reason::BadChecksum, 3),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 3+3 established",
            ],
        },
    ]);
}

/// A flow that goes on is counted in its seat again.
#[test]
fn it_is_seated_again() {
    let mut tracker = pool::tracker();
    for flags in [&[RST][..], &[FIN | ACK; 2]] {
        let data = Data::admitted(&mut tracker, Family::V4);
        let seat = |tracker: &Tracker| tracker.flows.seat(&data.key());
        let before = seat(&tracker);
        assert_ne!(before.until, 0);
        for (flags, side) in flags.iter().zip([Responder, Initiator]) {
            let frame = forgery(&data, side, *flags);
            tracker.run(&frame, data.interfaces[side as usize]);
        }
        assert_eq!(seat(&tracker).until, 0);
        let mut payload = data.segment(Responder, ACK);
        payload.payload = vec![b'x'; 10];
        tracker.run(&payload.frame(), WAN);
        assert_ne!(seat(&tracker).until, 0);
    }
}

/// What was revoked stays so, also if it had ended before.
#[test]
fn a_revoked_flow_does_not_go_on() {
    let mut tracker = pool::tracker();
    let data = Data::admitted(&mut tracker, Family::V4);
    let reset = data.segment(Responder, RST);
    assert_eq!(tracker.run(&reset.frame(), WAN), Verdict::Pass);
    let mut flow = tracker.flows.get(&data.key()).expect("the flow");
    assert_ne!(flow.ended, 0);
    flow.revoke();
    tracker.flows.insert(&data.key(), &flow);
    let more = data.segment(Responder, ACK);
    for _ in 0..2 {
        assert_eq!(tracker.run(&more.frame(), WAN), Verdict::Drop);
    }
    assert_eq!(tracker.count(Reason::FalseEnd), 0);
}
