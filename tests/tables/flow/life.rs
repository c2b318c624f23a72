//! A flow from its SYN to its end (rule 17).

use ftp_track_common::{
    config::Mode,
    reason::Reason,
    segment::{ACK, SYN},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    play::{Family, FromServer, Play},
    pool,
    row::{self, Row, WHOLE},
};

#[test]
fn lives() {
    row::run(&[
        Row {
            name: "it outlives its control connection",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.open(play);
                play.reset(FromServer);
                data.send(play, Responder, 1000);
                data.finish(play, Responder);
                data.finish(play, Initiator);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "session_end control_reset",
                "flow_end passive server:50000 finished",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 5),
                (Reason::Finished, 1),
            ],
            state: &[
                "session 1/1 ended",
                "flow passive client>server:50000 3+3 ended",
            ],
        },
        Row {
            name: "data in its SYN, acknowledged by the answer",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                let mut syn = data.segment(Initiator, SYN);
                syn.payload = vec![b'x'; 100];
                data.deliver(play, Initiator, &syn);
                let answer = data.segment(Responder, SYN | ACK);
                data.deliver(play, Responder, &answer);
                data.send(play, Initiator, 1000);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+1 established",
            ],
        },
        Row {
            name: "one side's FIN is not its end",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.active(50_000);
                let mut data = Data::active(play, 50_000);
                data.open(play);
                data.finish(play, Initiator);
                data.send(play, Responder, 1000);
            },
            notes: &[
                "session_new",
                "expectation_new active client:50000",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 4),
            ],
            state: &[
                "session 1/1 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 3+2 established",
            ],
        },
        Row {
            name: "the client's own port happens to be a control port",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.ends[0].set_port(2121);
                data.open(play);
                data.send(play, Initiator, 1000);
                // Lost on the way to here; the next one must not wait for it.
                data.next[0] += 1000;
                data.send(play, Initiator, 1000);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 4),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 4+1 established",
            ],
        },
        Row {
            name: "a SYN-ACK that answers another SYN",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.syn(play);
                data.next[0] += 9;
                let answer = data.segment(Responder, SYN | ACK);
                data.deliver(play, Responder, &answer);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+1 opening",
            ],
        },
    ]);
}

/// Bytes of IP, both sides, in both families.
#[test]
fn bytes() {
    let mut tracker = pool::tracker();
    for (family, headers) in [(Family::V4, 40), (Family::V6, 60)] {
        tracker.reset(Mode::Enforce);
        let mut play = Play::new(&mut tracker, family, 0);
        play.greet();
        play.passive(50_000);
        let mut data = Data::passive(&play, 50_000);
        data.transfer(&mut play);
        data.send(&mut play, Initiator, 3000);
        let flow = play.tracker.flows.get(&data.key()).expect("the flow");
        assert_eq!(flow.packets, [5, 4], "{family:?}");
        assert_eq!(
            flow.bytes,
            [5 * headers + 3000, 4 * headers + 1000],
            "{family:?}"
        );
    }
}

/// A transfer of hours keeps its silent control connection from being idle.
#[test]
fn keeps_its_session_alive() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    data.open(&mut play);
    let key = play.control.key();
    let before = play
        .tracker
        .sessions
        .get(&key)
        .expect("the session")
        .session
        .seen;
    let mut flow = play.tracker.flows.get(&data.key()).expect("the flow");
    flow.told = 0;
    play.tracker.flows.insert(&data.key(), &flow);
    data.send(&mut play, Responder, 1000);
    let after = play
        .tracker
        .sessions
        .get(&key)
        .expect("the session")
        .session
        .seen;
    assert!(after > before);
}
