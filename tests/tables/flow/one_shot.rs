//! An expectation is used once, and by whom it was made for (rule 15).

use std::net::IpAddr;

use ftp_track_common::{reason::Reason, segment::SYN};

use crate::harness::{
    data::{CLIENT_PORT, Data, Initiator},
    play::{FromServer, Play},
    row::{self, Row, WHOLE},
};
use crate::stream::checksum::edited;

/// An expectation waits on port 50000 of the server.
fn expecting(play: &mut Play<'_>) {
    play.greet();
    play.passive(50_000);
}

const USED: &str = "expectation_used passive server:50000 used";
const NEW: &str = "flow_new passive server:50000 expected";
const MADE: &str = "expectation_new passive server:50000";
const DROPPED: &str = "dropped server:50000 unexpected";

#[test]
fn uses() {
    row::run(&[
        Row {
            name: "a second connection",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                data.open(play);
                data.ends[0].set_port(CLIENT_PORT + 1);
                data.syn(play);
            },
            notes: &["session_new", MADE, USED, NEW, DROPPED, "drop"],
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
                "flow passive client>server:50000 2+1 established",
            ],
        },
        Row {
            name: "a SYN with a wrong checksum, and then the right one",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                let syn = data.segment(Initiator, SYN);
                let wrong = edited(&syn, |tcp| tcp[4] ^= 1);
                play.deliver_frame(&wrong, data.interfaces[0]);
                data.open(play);
            },
            notes: &["session_new", MADE, DROPPED, "drop", USED, NEW],
            counts: &[
                (Reason::BadChecksum, 1),
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+1 established",
            ],
        },
        Row {
            name: "to a port that is one of control, too",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(2121);
                Data::passive(play, 2121).open(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:2121",
                "expectation_used passive server:2121 used",
                "flow_new passive server:2121 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
            ],
            state: &[
                "session 1/1 used passive:2121",
                "expectation passive server:2121",
                "flow passive client>server:2121 2+1 established",
            ],
        },
        Row {
            name: "the same SYN again",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let data = Data::passive(play, 50_000);
                data.syn(play);
                data.syn(play);
                data.syn(play);
            },
            notes: &["session_new", MADE, USED, NEW],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 3+0 opening",
            ],
        },
        Row {
            name: "another SYN on the same ports",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                data.syn(play);
                data.next[0] += 77;
                data.syn(play);
            },
            notes: &["session_new", MADE, USED, NEW, DROPPED, "drop"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::AlreadyUsed, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 opening",
            ],
        },
        Row {
            name: "the first SYN again after the end",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                let again = data.clone();
                data.transfer(play);
                again.syn(play);
            },
            notes: &[
                "session_new",
                MADE,
                USED,
                NEW,
                "flow_end passive server:50000 finished",
                DROPPED,
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 7),
                (Reason::Finished, 1),
                (Reason::AlreadyUsed, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 4+4 ended",
            ],
        },
        Row {
            name: "the announcement again, in a retransmission",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000)).into_bytes();
                let segment = play.control.segment(FromServer, &reply);
                play.say(FromServer, &reply);
                let mut data = Data::passive(play, 50_000);
                data.transfer(play);
                play.deliver(FromServer, &segment);
                data.ends[0].set_port(CLIENT_PORT + 1);
                data.syn(play);
            },
            notes: &[
                "session_new",
                MADE,
                USED,
                NEW,
                "flow_end passive server:50000 finished",
                DROPPED,
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 7),
                (Reason::Finished, 1),
                (Reason::Retransmission, 1),
                (Reason::AlreadyUsed, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 4+4 ended",
            ],
        },
        Row {
            name: "the same port is announced again: a new expectation",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                Data::passive(play, 50_000).transfer(play);
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.ends[0].set_port(CLIENT_PORT + 1);
                data.syn(play);
            },
            notes: &[
                "session_new",
                MADE,
                USED,
                NEW,
                "flow_end passive server:50000 finished",
                MADE,
                USED,
                NEW,
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 2),
                (Reason::Related, 7),
                (Reason::Finished, 1),
            ],
            state: &[
                "session 2/2 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 opening",
                "flow passive client>server:50000 4+4 ended",
            ],
        },
    ]);
}

/// An address next to `address`.
fn neighbour(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) + 1).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) + 1).into()),
    }
}

#[test]
fn others() {
    row::run(&[
        Row {
            name: "another host's SYN",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                data.ends[0].set_ip(neighbour(data.ends[0].ip()));
                data.syn(play);
            },
            notes: &["session_new", MADE, DROPPED, "drop"],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "to another host",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                let mut data = Data::passive(play, 50_000);
                data.ends[1].set_ip(neighbour(data.ends[1].ip()));
                data.syn(play);
                play.notes.retain(|note| !note.starts_with("dropped"));
            },
            notes: &["session_new", MADE, "drop"],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "the control connection has been removed by hand",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                play.tracker.sessions.clear();
                Data::passive(play, 50_000).syn(play);
            },
            notes: &["session_new", MADE, DROPPED, "drop"],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::MasterGone, 1),
                (Reason::Unexpected, 1),
            ],
            state: &["expectation passive server:50000"],
        },
        Row {
            name: "to the neighbouring ports",
            cells: WHOLE,
            play: |play| {
                expecting(play);
                Data::passive(play, 49_999).syn(play);
                Data::passive(play, 50_001).syn(play);
            },
            notes: &[
                "session_new",
                MADE,
                "dropped server:49999 unexpected",
                "drop",
                "dropped server:50001 unexpected",
                "drop",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 2)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
