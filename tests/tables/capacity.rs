//! Full maps: the new entry is refused by name, nothing else goes, no packet is lost (rule 16).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ftp_track_common::{
    config::Mode, event::Event, layout, reason::Reason, rule::Rule, segment::SYN,
};

use crate::harness::{
    data::Data,
    namespace::LAN,
    play::{Control, Family, Play},
    pool,
    row::{self, Row, WHOLE},
    segment::Segment,
    tracker::{Tracker, Verdict, open},
};

/// A second control connection of the same client takes over the play.
fn second(play: &mut Play<'_>) -> Control {
    let other = Control::new(play.family, 40_001);
    std::mem::replace(&mut play.control, other)
}

#[test]
fn sessions() {
    let rows = [Row {
        name: "the second control connection is not tracked, but passes",
        cells: WHOLE,
        play: |play| {
            play.greet();
            play.passive(50_000);
            let first = second(play);
            play.greet();
            play.passive(50_001);
            play.control = first;
            Data::passive(play, 50_001).syn(play);
            Data::passive(play, 50_000).syn(play);
        },
        notes: &[
            "session_new",
            "expectation_new passive server:50000",
            "dropped server:50001 unexpected",
            "drop",
            "expectation_used passive server:50000 used",
            "flow_new passive server:50000 expected",
        ],
        counts: &[
            (Reason::ControlPort, 2),
            // The end of the handshake; and the greeting, the command and the reply.
            (Reason::SessionsFull, 1),
            (Reason::Barred, 3),
            (Reason::Unexpected, 1),
            (Reason::Expected, 1),
        ],
        state: &[
            "session 1/1 used passive:50000",
            "expectation passive server:50000",
            "flow passive client>server:50000 1+0 opening",
        ],
    }];
    let mut tracker = Tracker::load_with(&[(layout::SESSIONS, 1)]);
    row::run_with(&mut tracker, &[open()], &rows);
}

#[test]
fn expectations() {
    let rows = [Row {
        name: "the second expectation is refused",
        cells: WHOLE,
        play: |play| {
            play.greet();
            play.passive(50_000);
            let first = second(play);
            play.greet();
            play.passive(50_001);
            Data::passive(play, 50_001).syn(play);
            play.control = first;
            play.passive(50_002);
        },
        notes: &[
            "session_new",
            "expectation_new passive server:50000",
            "session_new",
            "refused passive server:50001 expectations_full",
            "dropped server:50001 unexpected",
            "drop",
            "expectation_end passive server:50000 replaced",
            "expectation_new passive server:50002",
        ],
        counts: &[
            (Reason::ControlPort, 2),
            (Reason::ExpectationsFull, 1),
            (Reason::Unexpected, 1),
        ],
        state: &[
            "session 1/1",
            "session 2/2 armed passive:50002",
            "expectation passive server:50002",
        ],
    }];
    let mut tracker = Tracker::load_with(&[(layout::EXPECTATIONS, 1)]);
    row::run_with(&mut tracker, &[open()], &rows);
}

#[test]
fn flows() {
    let rows = [Row {
        name: "the second flow is refused, and its expectation waits on",
        cells: WHOLE,
        play: |play| {
            play.greet();
            play.passive(50_000);
            Data::passive(play, 50_000).syn(play);
            play.passive(50_001);
            Data::passive(play, 50_001).syn(play);
        },
        notes: &[
            "session_new",
            "expectation_new passive server:50000",
            "expectation_used passive server:50000 used",
            "flow_new passive server:50000 expected",
            "expectation_new passive server:50001",
            "dropped server:50001 unexpected",
            "drop",
        ],
        counts: &[
            (Reason::ControlPort, 1),
            (Reason::Expected, 1),
            (Reason::FlowsFull, 1),
            (Reason::Unexpected, 1),
        ],
        state: &[
            "session 2/2 armed passive:50001",
            "expectation passive server:50001",
            "flow passive client>server:50000 1+0 opening",
        ],
    }];
    let mut tracker = Tracker::load_with(&[(layout::FLOWS, 1)]);
    row::run_with(&mut tracker, &[open()], &rows);
}

/// Bytes in front of each record (linux/bpf.h: `BPF_RINGBUF_HDR_SZ`).
const RECORD_HEADER: u32 = 8;

#[test]
fn ring_buffer() {
    const BYTES: u32 = 4096;
    // The producer never comes up to the consumer from behind.
    let room = (BYTES - 1) / (RECORD_HEADER + size_of::<Event>() as u32);
    let mut tracker = Tracker::load_with(&[(layout::EVENTS, BYTES)]);
    for extra in [0, 1, 25] {
        tracker.reset(Mode::Enforce);
        let control = Control::new(Family::V4, 40_000);
        let mut server = control.server;
        for number in 0..room + extra {
            server.set_port(10_000 + number as u16);
            let probe = Segment::new(control.client, server, SYN);
            assert_eq!(tracker.run(&probe.frame(), LAN), Verdict::Drop);
        }
        let ports: Vec<u16> = tracker
            .events()
            .iter()
            .map(|event| event.tuple.destination_port)
            .collect();
        let expected: Vec<u16> = (0..room as u16).map(|number| 10_000 + number).collect();
        assert_eq!(ports, expected, "the oldest are kept");
        assert_eq!(tracker.lost(), u64::from(extra));
        assert_eq!(tracker.count(Reason::Unexpected), u64::from(room + extra));
    }
}

#[test]
fn one_client() {
    let limited = Rule {
        sessions_per_client: 1,
        flows_per_client: 1,
        ..open()
    };
    let rows = [
        Row {
            name: "a client has as many control connections as it may; another has its own",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut other = Control::new(play.family, 40_001);
                let first = std::mem::replace(&mut play.control, other.clone());
                play.greet();
                play.passive(50_001);
                other.client.set_ip(neighbour(play.family));
                play.control = other;
                play.greet();
                play.passive(50_002);
                play.control = first;
                play.passive(50_000);
                play.notes.clear();
            },
            notes: &[],
            counts: &[
                (Reason::ControlPort, 3),
                // The end of the handshake; and the greeting, the command and the reply.
                (Reason::ClientLimit, 1),
                (Reason::Barred, 3),
            ],
            state: &[
                "session 1/1 armed passive:50000",
                "session 1/1 armed passive:50002",
                "expectation passive server:50000",
                "expectation passive server:50002",
            ],
        },
        Row {
            name: "and as many data connections; the next expectation waits",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                Data::passive(play, 50_000).syn(play);
                play.passive(50_001);
                Data::passive(play, 50_001).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "expectation_new passive server:50001",
                "dropped server:50001 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::ClientLimit, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 2/2 armed passive:50001",
                "expectation passive server:50001",
                "flow passive client>server:50000 1+0 opening",
            ],
        },
    ];
    row::run_with(&mut pool::tracker(), &[limited], &rows);
}

/// Another client's address, not of the first one's /64.
fn neighbour(family: Family) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::new(10, 0, 0, 2).into(),
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, 3, 0, 0, 0, 0, 1).into(),
    }
}
