//! Which new connections pass, and that nothing else is ever dropped.

use ftp_track_common::{
    reason::Reason,
    segment::{ACK, FIN, RST, SYN},
};

use crate::harness::{
    data::{Data, Initiator},
    play::Play,
    row::{self, Row, WHOLE},
    tracker::ALLOWED_PORT,
};

/// The client opens a connection to `port` of the server, or tries to.
fn connect(play: &mut Play<'_>, port: u16) {
    Data::passive(play, port).syn(play);
}

const DROPPED: &[&str] = &["dropped server:8080 unexpected", "drop"];

#[test]
fn new_connections() {
    row::run(&[
        Row {
            name: "to a control port",
            cells: WHOLE,
            play: |play| connect(play, 21),
            notes: &[],
            counts: &[(Reason::ControlPort, 1)],
            state: &[],
        },
        Row {
            name: "to the other control port",
            cells: WHOLE,
            play: |play| connect(play, 2121),
            notes: &[],
            counts: &[(Reason::ControlPort, 1)],
            state: &[],
        },
        Row {
            name: "to an allowed port",
            cells: WHOLE,
            play: |play| connect(play, ALLOWED_PORT),
            notes: &[],
            counts: &[(Reason::AllowedPort, 1)],
            state: &[],
        },
        Row {
            name: "to the neighbours of control and allowed ports",
            cells: WHOLE,
            play: |play| {
                for port in [20, 22, 2120, 2122, 8442, 8444] {
                    connect(play, port);
                }
            },
            notes: &[
                "dropped server:20 unexpected",
                "drop",
                "dropped server:22 unexpected",
                "drop",
                "dropped server:2120 unexpected",
                "drop",
                "dropped server:2122 unexpected",
                "drop",
                "dropped server:8442 unexpected",
                "drop",
                "dropped server:8444 unexpected",
                "drop",
            ],
            counts: &[(Reason::Unexpected, 6)],
            state: &[],
        },
        Row {
            name: "to any other port",
            cells: WHOLE,
            play: |play| connect(play, 8080),
            notes: DROPPED,
            counts: &[(Reason::Unexpected, 1)],
            state: &[],
        },
        Row {
            name: "to port 0 and to port 65535",
            cells: WHOLE,
            play: |play| {
                connect(play, 0);
                connect(play, 65_535);
            },
            notes: &[
                "dropped server:0 unexpected",
                "drop",
                "dropped server:65535 unexpected",
                "drop",
            ],
            counts: &[(Reason::Unexpected, 2)],
            state: &[],
        },
        Row {
            name: "from a control port: that allows nothing",
            cells: WHOLE,
            play: |play| {
                let mut data = Data::active(play, 8080);
                data.ends[0].set_port(21);
                data.syn(play);
            },
            notes: &["dropped client:8080 unexpected", "drop"],
            counts: &[(Reason::Unexpected, 1)],
            state: &[],
        },
    ]);
}

#[test]
fn segments_of_unknown_connections() {
    row::run(&[
        Row {
            name: "neither are they dropped nor is anything made of them",
            cells: WHOLE,
            play: |play| {
                let mut data = Data::passive(play, 8080);
                for flags in [SYN | ACK, ACK, FIN | ACK, RST, RST | ACK, 0] {
                    let segment = data.segment(Initiator, flags);
                    data.deliver(play, Initiator, &segment);
                }
                data.send(play, Initiator, 1000);
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
        Row {
            name: "of a control port, without payload: too little to pick a connection up",
            cells: WHOLE,
            play: |play| {
                let mut data = Data::passive(play, 21);
                for flags in [SYN | ACK, ACK, FIN | ACK, RST, RST | ACK, 0] {
                    let segment = data.segment(Initiator, flags);
                    data.deliver(play, Initiator, &segment);
                }
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
    ]);
}
