//! The first attempt is answered with RST (rule 15).

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::{CLIENT_PORT, Data, Initiator, Responder},
    play::{FromServer, Play},
    row::{self, Row, WHOLE},
};

fn expecting(play: &mut Play<'_>) -> Data {
    play.greet();
    play.passive(50_000);
    Data::passive(play, 50_000)
}

/// Another attempt from the client's next port.
fn try_again(play: &mut Play<'_>, data: &Data) {
    let mut data = data.clone();
    data.ends[0].set_port(CLIENT_PORT + 1);
    data.syn(play);
}

#[test]
fn rearmed() {
    row::run(&[
        Row {
            name: "refused: it may be used again",
            cells: WHOLE,
            play: |play| {
                let mut data = expecting(play);
                data.syn(play);
                data.refuse(play);
                try_again(play, &data);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 first_attempt_reset",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 2),
                (Reason::Related, 1),
                (Reason::FirstAttemptReset, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 opening",
                "flow passive client>server:50000 1+1 ended",
            ],
        },
        Row {
            name: "on the same ports, too",
            cells: WHOLE,
            play: |play| {
                let mut data = expecting(play);
                data.syn(play);
                data.refuse(play);
                data.next[0] += 100_000;
                data.open(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 first_attempt_reset",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 2),
                (Reason::Related, 3),
                (Reason::FirstAttemptReset, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+1 established",
            ],
        },
        Row {
            name: "a RST that answers another SYN refuses nothing",
            cells: WHOLE,
            play: |play| {
                let mut data = expecting(play);
                data.syn(play);
                data.next[0] += 5;
                data.refuse(play);
                data.reset(play, Initiator);
                try_again(play, &data);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
                (Reason::AlreadyUsed, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+1 opening",
            ],
        },
        Row {
            name: "reset after it was established: it is used",
            cells: WHOLE,
            play: |play| {
                let mut data = expecting(play);
                data.open(play);
                data.reset(play, Responder);
                try_again(play, &data);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 reset",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 3),
                (Reason::Reset, 1),
                (Reason::AlreadyUsed, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+2 ended",
            ],
        },
        Row {
            name: "refused after the control connection has gone",
            cells: WHOLE,
            play: |play| {
                let mut data = expecting(play);
                data.syn(play);
                play.finish(FromServer);
                data.refuse(play);
                try_again(play, &data);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "session_end control_closed",
                "flow_end passive server:50000 first_attempt_reset",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 1),
                (Reason::FirstAttemptReset, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 ended",
                "flow passive client>server:50000 1+1 ended",
            ],
        },
    ]);
}
