//! Every door by which a packet can come: what is known of its interface, and what leaves.

use std::net::SocketAddr;

use ftp_track_common::{
    config::Mode,
    interface::{INGRESS, Interface, LAYER3, LOCAL, SLOTS},
    reason::Reason,
    segment::SYN,
};

use crate::{
    harness::{
        data::{Data, Initiator, Responder},
        frame,
        namespace::{LAN, WAN},
        play::{Control, Direction, Family, FromClient, FromServer, Play},
        pool,
        row::{self, ENFORCE, Row, WHOLE},
        segment::Segment,
        skb::Skb,
        tracker::{Door, Verdict},
    },
    stream::checksum::{edited, partial},
};

/// A SYN that enforce mode drops.
fn probe() -> Segment {
    let control = Control::new(Family::V4, 40_000);
    let server = SocketAddr::new(control.server.ip(), 8080);
    Segment::new(control.client, server, SYN)
}

#[test]
fn an_interface_of_which_nothing_is_known() {
    let mut tracker = pool::tracker();
    for door in Door::ALL {
        tracker.reset(Mode::Enforce);
        tracker.door = door;
        let frame = probe().frame();
        assert_eq!(tracker.run(&frame, LAN), Verdict::Drop);
        assert_eq!(tracker.counts(), [(Reason::Unexpected, 1)]);
        // Free, and then another's.
        for index in [0, LAN + SLOTS] {
            let mut slot = Interface::new(index, Mode::Enforce);
            slot.flags = INGRESS;
            tracker.place(LAN, &slot);
            assert_eq!(tracker.run(&frame, LAN), Verdict::Pass, "{door:?} {index}");
        }
        assert_eq!(tracker.counts(), [(Reason::Unexpected, 1)]);
    }
}

#[test]
fn each_interface_has_its_own_mode() {
    let mut tracker = pool::tracker();
    for door in Door::ALL {
        tracker.reset(Mode::Enforce);
        tracker.door = door;
        tracker.set_interface(Mode::Observe, WAN, INGRESS);
        let frame = probe().frame();
        assert_eq!(tracker.run(&frame, LAN), Verdict::Drop, "{door:?}");
        assert_eq!(tracker.run(&frame, WAN), Verdict::Pass, "{door:?}");
    }
}

#[test]
fn without_an_ethernet_header() {
    let mut tracker = pool::tracker();
    let control = Control::new(Family::V6, 40_000);
    let server = SocketAddr::new(control.server.ip(), 8080);
    let v6 = Segment::new(control.client, server, SYN).packet();
    let v4 = probe().packet();
    let mut other = v4.clone();
    other[0] = 0x55;
    for (name, packet, reason) in [
        ("IPv4", v4, Reason::Unexpected),
        ("IPv6", v6, Reason::Unexpected),
        ("neither", other, Reason::NotIp),
        ("a frame with a header", probe().frame(), Reason::NotIp),
    ] {
        tracker.reset(Mode::Enforce);
        tracker.door = Door::Tc;
        tracker.add_flags(LAN, LAYER3);
        tracker.run(&packet, LAN);
        assert_eq!(tracker.counts(), [(reason, 1)], "{name}");
    }
}

/// Sends `bytes` with the checksum of the pseudo header, as what `skb` says.
fn unfinished(play: &mut Play<'_>, direction: Direction, bytes: &[u8], skb: Skb) {
    let segment = play.control.segment(direction, bytes);
    let frame = edited(&segment, |tcp| partial(&segment, tcp));
    if skb.came_by == skb.interface {
        play.tracker.run_ingress(&frame, skb);
    } else {
        play.deliver_skb(&frame, skb);
    }
}

#[test]
fn joined_segments() {
    let mut tracker = pool::tracker();
    for (name, gso_size, reason) in [
        ("one", 0, Reason::BadChecksum),
        ("several", 1448, Reason::Retransmission),
    ] {
        tracker.reset(Mode::Enforce);
        let mut play = Play::new(&mut tracker, Family::V4, 0);
        play.greet();
        let skb = Skb {
            gso_size,
            ..Skb::incoming(LAN)
        };
        unfinished(&mut play, FromClient, b"NOOP\r\n", skb);
        // The second is known, or is read as little as the first.
        unfinished(&mut play, FromClient, b"NOOP\r\n", skb);
        assert!(play.tracker.count(reason) > 0, "{name}");
        let key = play.control.key();
        let session = play.tracker.sessions.get(&key).expect("the session");
        let commands = session.session.conversation.commands;
        assert_eq!(commands, u32::from(gso_size != 0), "{name}");
    }
}

/// The client asks for passive mode and transfers; then, for active mode.
fn both_ways(play: &mut Play<'_>) {
    play.greet();
    play.passive(50_000);
    Data::passive(play, 50_000).transfer(play);
    play.active(50_001);
    Data::active(play, 50_001).transfer(play);
}

const BOTH_WAYS: &[&str] = &[
    "session_new",
    "expectation_new passive server:50000",
    "expectation_used passive server:50000 used",
    "flow_new passive server:50000 expected",
    "flow_end passive server:50000 finished",
    "expectation_new active client:50001",
    "expectation_used active client:50001 used",
    "flow_new active client:50001 expected",
    "flow_end active client:50001 finished",
];

const BOTH_WAYS_STATE: &[&str] = &[
    "session 2/2 used active:50001",
    "expectation active client:50001",
    "flow active server>client:50001 4+4 ended",
    "flow passive client>server:50000 4+4 ended",
];

const BOTH_WAYS_COUNTS: &[(Reason, u64)] = &[
    (Reason::ControlPort, 1),
    (Reason::Finished, 2),
    (Reason::Expected, 2),
    (Reason::Related, 14),
];

#[test]
fn own_connections() {
    row::run(&[
        Row {
            name: "a server on the gateway",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LOCAL];
                both_ways(play);
            },
            notes: BOTH_WAYS,
            counts: BOTH_WAYS_COUNTS,
            state: BOTH_WAYS_STATE,
        },
        Row {
            name: "a client on the gateway",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LOCAL, WAN];
                both_ways(play);
            },
            notes: BOTH_WAYS,
            counts: BOTH_WAYS_COUNTS,
            state: BOTH_WAYS_STATE,
        },
        Row {
            name: "what the gateway has not completed yet is read",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LOCAL];
                play.greet();
                play.client(play.passive_command());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                unfinished(play, FromServer, reply.as_bytes(), Skb::outgoing(LAN, 0));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "nobody else speaks in the gateway's name",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LOCAL];
                play.greet();
                play.client(play.passive_command());
                let forged = format!("{}\r\n", play.passive_reply(50_001));
                let forged = play.control.segment(FromServer, forged.as_bytes());
                for interface in [LAN, WAN] {
                    play.deliver_frame(&forged.frame(), interface);
                }
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 2)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "the gateway does not speak in another's name",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let forged = format!("{}\r\n", play.passive_reply(50_001));
                let forged = play.control.segment(FromServer, forged.as_bytes());
                play.deliver_frame(&forged.frame(), LOCAL);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &["session 1/0"],
        },
        Row {
            name: "its other connections are its own affair",
            cells: ENFORCE,
            play: |play| {
                for port in [8080, 8443, 0] {
                    let mut data = Data::passive(play, port);
                    data.interfaces = [LOCAL, WAN];
                    data.open(play);
                    data.send(play, Responder, 100);
                    data.reset(play, Initiator);
                }
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
        Row {
            name: "a server that connects before it has accepted PORT is at home here",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LOCAL];
                play.greet();
                let command = play.active_command(play.control.client.ip(), 50_001);
                play.client(&command);
                Data::active(play, 50_001).open(play);
                play.server("200 done");
            },
            notes: &[
                "session_new",
                "expectation_used active client:50001 used",
                "flow_new active client:50001 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 2),
            ],
            state: &[
                "session 1/1 used active:50001",
                "expectation active client:50001",
                "flow active server>client:50001 2+1 established",
            ],
        },
    ]);
}

/// An interface that exists, of which the programs have no slot.
const NAMELESS: u32 = 1;

/// Sends every segment of a conversation out by WAN, as one that came in by `came_by`.
fn forwarded(play: &mut Play<'_>, came_by: u32, direction: Direction, bytes: &[u8]) {
    let segment = play.control.segment(direction, bytes);
    play.deliver_skb(&segment.frame(), Skb::outgoing(WAN, came_by));
    play.control.next[direction as usize] = segment.end();
}

#[test]
fn on_the_way_through() {
    row::run(&[
        Row {
            name: "what has come by a door is not looked at again",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                for came_by in [LAN, WAN] {
                    play.deliver_skb(&syn.frame(), Skb::outgoing(WAN, came_by));
                    let frame = frame::ethernet(0x0806, &[0; 28]);
                    play.deliver_skb(&frame, Skb::outgoing(WAN, came_by));
                }
            },
            notes: &[],
            counts: &[],
            state: &[],
        },
        Row {
            name: "one named interface is enough",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                play.deliver_skb(&syn.frame(), Skb::outgoing(WAN, NAMELESS));
                play.control.next[0] = syn.end();
                let answer = play.control.syn_ack();
                play.deliver(FromServer, &answer);
                play.control.next[1] = answer.end();
                forwarded(play, NAMELESS, FromClient, b"");
                play.server("220 ready");
                let command = format!("{}\r\n", play.passive_command());
                forwarded(play, NAMELESS, FromClient, command.as_bytes());
                play.server(&play.passive_reply(50_000));
                let mut data = Data::passive(play, 50_000);
                let syn = data.segment(Initiator, SYN);
                play.deliver_skb(&syn.frame(), Skb::outgoing(WAN, NAMELESS));
                data.next[0] = syn.end();
                let answer = data.segment(Responder, SYN | ftp_track_common::segment::ACK);
                data.deliver(play, Responder, &answer);
                // The client's words, but from elsewhere.
                let forged = play.control.segment(FromClient, b"QUIT\r\n");
                play.deliver_frame(&forged.frame(), WAN);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::WrongInterface, 1),
                (Reason::Expected, 1),
                (Reason::Related, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+1 answered",
            ],
        },
        Row {
            name: "an unfinished checksum is not believed of an interface that is not known",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let skb = Skb::outgoing(WAN, NAMELESS);
                unfinished(play, FromClient, b"QUIT\r\n", skb);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &["session 0/0"],
        },
        Row {
            name: "the parts of a bond are one interface",
            cells: WHOLE,
            play: |play| {
                for index in [LAN, WAN] {
                    let mut slot = play.tracker.slot(index);
                    slot.identity = 99;
                    play.tracker.set_slot(&slot);
                }
                play.greet();
                play.control.interfaces = [WAN, LAN];
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
