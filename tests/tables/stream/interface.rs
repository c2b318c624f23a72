//! Each direction comes in by its own interface (rule 3).

use std::net::{Ipv4Addr, Ipv6Addr};

use ftp_track_common::{
    interface::{ROUTED, STRICT},
    reason::Reason,
    segment::RST,
};

use crate::harness::{
    data::Data,
    namespace::{LAN, WAN},
    play::{Family, FromClient, FromServer, Play},
    row::{self, Cells, Row, WHOLE},
};

#[test]
fn interfaces() {
    row::run(&[
        Row {
            name: "the server's reply from the client's side is forged",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                play.control.interfaces = [LAN, LAN];
                let reply = format!("{}\r\n", play.passive_reply(50_001)).into_bytes();
                let forged = play.control.segment(FromServer, &reply);
                play.deliver(FromServer, &forged);
                play.control.interfaces = [LAN, WAN];
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "so is a RST from there",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut forged = play.control.segment(FromServer, b"");
                forged.flags = RST;
                play.deliver_frame(&forged.frame(), LAN);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &["session 0/0"],
        },
        Row {
            name: "one interface for both is as good, where both live behind it",
            cells: WHOLE,
            play: |play| {
                one_armed(play);
                play.greet();
                play.passive(50_000);
                let forged = play.control.segment(FromClient, b"QUIT\r\n");
                play.deliver_frame(&forged.frame(), WAN);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}

/// The server lives in the client's network.
fn one_armed(play: &mut Play<'_>) {
    play.control.server.set_ip(match play.family {
        Family::V4 => Ipv4Addr::new(10, 0, 0, 77).into(),
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 77).into(),
    });
    play.control.interfaces = [LAN, LAN];
}

/// Both interfaces are strict.
fn strict(play: &mut Play<'_>) {
    for index in [LAN, WAN] {
        play.tracker.add_flags(index, ROUTED | STRICT);
    }
}

/// A server far away, by a route of several ways.
const FAR: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

const V4: Cells = Cells {
    families: &[Family::V4],
    ..WHOLE
};

#[test]
fn ways_back() {
    const MADE: &[&str] = &["session_new", "expectation_new passive server:50000"];
    const STATE: &[&str] = &[
        "session 1/1 armed passive:50000",
        "expectation passive server:50000",
    ];
    row::run(&[
        Row {
            name: "where rp_filter is strict, honest connections are tracked as ever",
            cells: WHOLE,
            play: |play| {
                strict(play);
                play.greet();
                play.passive(50_000);
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1)],
            state: STATE,
        },
        Row {
            name: "a data connection's SYN by the server's interface uses nothing up",
            cells: V4,
            play: |play| {
                strict(play);
                play.greet();
                play.passive(50_000);
                let mut forged = Data::passive(play, 50_000);
                forged.interfaces = [WAN, LAN];
                forged.syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ReversePath, 1),
                (Reason::ControlPort, 1),
                (Reason::Unexpected, 1),
            ],
            state: STATE,
        },
        Row {
            name: "a client's SYN by the server's interface begins nothing",
            cells: V4,
            play: |play| {
                strict(play);
                // The server's side of a connection that the client knows nothing of.
                play.control.server.set_ip(FAR.into());
                play.control.interfaces = [WAN, LAN];
                play.open();
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1), (Reason::ReversePath, 1)],
            state: &[],
        },
        Row {
            name: "a server's answer by the client's interface is not believed",
            cells: V4,
            play: |play| {
                strict(play);
                play.control.client.set_ip(FAR.into());
                play.control.interfaces = [WAN, LAN];
                play.open();
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1), (Reason::ReversePath, 1)],
            state: &[],
        },
        Row {
            name: "nor is a connection picked up from such a segment",
            cells: V4,
            play: |play| {
                strict(play);
                play.control.interfaces = [WAN, WAN];
                play.client("NOOP");
                play.control.interfaces = [LAN, LAN];
                play.client("NOOP");
                play.server("200 ok");
                play.control.interfaces = [LAN, WAN];
                play.control.next[1] = play.control.next[1].wrapping_sub(8);
                play.server("200 ok");
                play.passive(50_000);
            },
            notes: MADE,
            counts: &[(Reason::NoHandshake, 1), (Reason::ReversePath, 2)],
            state: &[
                "session 2/2 armed passive:50000 picked_up",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a route of several ways leads back by each of them",
            cells: V4,
            play: |play| {
                strict(play);
                play.control.server.set_ip(FAR.into());
                play.control.interfaces = [LAN, WAN];
                play.open();
                play.control
                    .client
                    .set_ip(Ipv4Addr::new(192, 0, 2, 77).into());
                play.control.interfaces = [WAN, LAN];
                play.open();
                play.notes.clear();
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 2)],
            state: &["session 0/0 silent", "session 0/0 silent"],
        },
        Row {
            name: "where it is not strict, the routes of one side alone say nothing",
            cells: V4,
            play: |play| {
                play.control.interfaces = [WAN, LAN];
                play.greet();
                play.passive(50_000);
            },
            notes: MADE,
            counts: &[(Reason::ControlPort, 1)],
            state: STATE,
        },
    ]);
}

#[test]
fn paths() {
    row::run(&[
        Row {
            name: "who sends both sides by one wire opens nothing",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [WAN, WAN];
                play.open();
                play.acknowledge(FromServer);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1), (Reason::ForgedPath, 1)],
            state: &[],
        },
        Row {
            name: "nor in the middle of a connection that never was",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LAN];
                play.client("NOOP");
                play.server("200 ok");
                play.passive(50_000);
            },
            notes: &["session_new", "session_end forged_path"],
            counts: &[
                (Reason::NoHandshake, 1),
                (Reason::ForgedPath, 1),
                (Reason::AfterEnd, 2),
            ],
            state: &["session 1/1 picked_up ended"],
        },
        Row {
            name: "the server's own answer is believed after a forged one",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                play.control.next[0] = syn.end();
                let mut forged = play.control.syn_ack();
                forged.sequence = 77;
                play.deliver_frame(&forged.frame(), LAN);
                let answer = play.control.syn_ack();
                play.deliver(FromServer, &answer);
                play.control.next[1] = answer.end();
                play.acknowledge(FromClient);
                play.server("220 ready");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::ForgedPath, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "two answers from the right side, and nobody knows whose: not tracked",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                play.control.next[0] = syn.end();
                let answer = play.control.syn_ack();
                play.deliver(FromServer, &answer);
                let mut other = answer.clone();
                other.sequence = 77;
                play.deliver(FromServer, &other);
                play.control.next[1] = answer.end();
                play.acknowledge(FromClient);
                play.server("220 ready");
                play.passive(50_000);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1), (Reason::Contested, 4)],
            state: &[],
        },
        Row {
            name: "the same answer again, and the SYN again after it",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver(FromClient, &syn);
                let mut control = play.control.clone();
                control.next[0] = syn.end();
                let answer = control.syn_ack();
                play.deliver(FromServer, &answer);
                play.deliver(FromServer, &answer);
                play.deliver(FromClient, &syn);
                play.control.next = [syn.end(), answer.end()];
                play.acknowledge(FromClient);
                play.server("220 ready");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 2)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
