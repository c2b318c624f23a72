//! Only what the receiving TCP accepts is read (rule 3).

use std::net::IpAddr;

use ftp_track_common::{interface::PARTIAL, reason::Reason};

use crate::harness::{
    frame,
    play::{Direction, FromClient, FromServer, Play},
    row::{self, Row, WHOLE},
    segment::Segment,
};

/// A segment's frame with `edit` done to its TCP header and payload.
pub(crate) fn edited(segment: &Segment, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut tcp = segment.tcp();
    edit(&mut tcp);
    let packet = frame::ip(segment.source.ip(), segment.destination.ip(), &tcp);
    let kind = if segment.source.is_ipv4() {
        frame::IPV4
    } else {
        frame::IPV6
    };
    frame::ethernet(kind, &packet)
}

/// Sends `bytes`, of which one bit is flipped on the way.
fn damaged(play: &mut Play<'_>, direction: Direction, bytes: &[u8], at: usize) {
    let segment = play.control.segment(direction, bytes);
    let frame = edited(&segment, |tcp| tcp[20 + at] ^= 0x10);
    play.deliver_frame(&frame, play.control.interfaces[direction as usize]);
}

/// The sum of the pseudo header alone, as a host leaves it for its card to complete.
pub(crate) fn partial(segment: &Segment, tcp: &mut [u8]) {
    let octets = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    let mut bytes = octets(segment.source.ip());
    bytes.extend(octets(segment.destination.ip()));
    bytes.extend([0, frame::TCP]);
    bytes.extend((tcp.len() as u16).to_be_bytes());
    let words = bytes
        .chunks(2)
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    tcp[16..18].copy_from_slice(&(sum as u16).to_be_bytes());
}

/// Sends `bytes` with such a checksum.
fn unfinished(play: &mut Play<'_>, direction: Direction, bytes: &[u8]) {
    let segment = play.control.segment(direction, bytes);
    let frame = edited(&segment, |tcp| partial(&segment, tcp));
    play.deliver_frame(&frame, play.control.interfaces[direction as usize]);
    play.control.next[direction as usize] = segment.end();
}

#[test]
fn wrong() {
    row::run(&[
        Row {
            name: "a reply",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let forged = format!("{}\r\n", play.passive_reply(50_001));
                damaged(play, FromServer, forged.as_bytes(), 10);
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a bit in each of several blocks",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let line = format!("CWD {}\r\n", "d".repeat(1400));
                for at in [0, 491, 492, 493, 1003, 1004, 1405] {
                    damaged(play, FromClient, line.as_bytes(), at);
                }
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 7)],
            state: &["session 0/0"],
        },
        Row {
            name: "a SYN",
            cells: WHOLE,
            play: |play| {
                let syn = play.control.syn();
                let frame = edited(&syn, |tcp| tcp[16] ^= 1);
                play.deliver_frame(&frame, play.control.interfaces[0]);
                assert_eq!(play.tracker.handshakes.entries().len(), 0);
            },
            notes: &[],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &[],
        },
        Row {
            name: "a RST",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut reset = play.control.segment(FromServer, b"");
                reset.flags = ftp_track_common::segment::RST;
                let frame = edited(&reset, |tcp| tcp[17] ^= 1);
                play.deliver_frame(&frame, play.control.interfaces[1]);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &["session 0/0"],
        },
        Row {
            name: "of what is not read any more, and so does not matter",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.ask("AUTH TLS", "234 go");
                damaged(play, FromServer, b"\x17\x03\x03\x00\x01x", 5);
                damaged(play, FromClient, b"\x17\x03\x03\x00\x01x", 5);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::Opaque, 2)],
            state: &["session 1/1 opaque"],
        },
        Row {
            name: "a FIN of a secured connection",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.ask("AUTH TLS", "234 go");
                let mut last = play.control.segment(FromServer, b"");
                last.flags |= ftp_track_common::segment::FIN;
                let frame = edited(&last, |tcp| tcp[17] ^= 1);
                play.deliver_frame(&frame, play.control.interfaces[1]);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &["session 1/1 opaque"],
        },
        Row {
            name: "left for the card to complete, though it comes from a wire",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                let forged = format!("{}\r\n", play.passive_reply(50_001));
                let next = play.control.next;
                unfinished(play, FromServer, forged.as_bytes());
                play.control.next = next;
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "a packet whose end is missing",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut frame = play.control.segment(FromClient, b"NOOP\r\n").frame();
                frame.pop();
                play.deliver_frame(&frame, play.control.interfaces[0]);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::BadChecksum, 1)],
            state: &["session 0/0"],
        },
    ]);
}

#[test]
fn right() {
    row::run(&[
        Row {
            name: "left for the card to complete, on a virtual link",
            cells: WHOLE,
            play: |play| {
                for interface in play.control.interfaces {
                    play.tracker.add_flags(interface, PARTIAL);
                }
                play.greet();
                let command = format!("{}\r\n", play.passive_command());
                unfinished(play, FromClient, command.as_bytes());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                unfinished(play, FromServer, reply.as_bytes());
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "of payloads of every length up to 1100 bytes",
            cells: WHOLE,
            play: |play| {
                play.greet();
                for length in 3..=1100 {
                    let line = "x".repeat(length - 2) + "\r\n";
                    play.send(
                        FromClient,
                        if length == 3 {
                            b"NOOP\r\n"
                        } else {
                            line.as_bytes()
                        },
                    );
                }
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 1098/0"],
        },
        Row {
            name: "Ethernet's padding behind the packet is not read",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let command = format!("{}\r\n", play.passive_command());
                let segment = play.control.segment(FromClient, command.as_bytes());
                let mut padded = segment.frame();
                padded.extend(b"QUIT\r\nQUIT\r\n");
                play.deliver_frame(&padded, play.control.interfaces[0]);
                play.control.next[0] = segment.end();
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "in a VLAN, behind IP options and extension headers",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let command = format!("{}\r\n", play.passive_command());
                wrapped(play, FromClient, command.as_bytes());
                let reply = format!("{}\r\n", play.passive_reply(50_000));
                wrapped(play, FromServer, reply.as_bytes());
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

/// Sends `bytes` with as many headers around them as there may be.
fn wrapped(play: &mut Play<'_>, direction: Direction, bytes: &[u8]) {
    let segment = play.control.segment(direction, bytes);
    let (kind, packet) = match (segment.source.ip(), segment.destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => (
            frame::IPV4,
            frame::v4(source, destination, frame::options(12), &segment.tcp()),
        ),
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let headers = [(frame::HOP_BY_HOP, 0), (frame::DESTINATION, 2)];
            let (next, rest) = frame::extensions(&headers, &segment.tcp());
            (frame::IPV6, frame::v6(source, destination, next, &rest))
        }
        _ => panic!("addresses of two families"),
    };
    let frame = frame::tagged(&[frame::QINQ, frame::VLAN], kind, &packet);
    play.deliver_frame(&frame, play.control.interfaces[direction as usize]);
    play.control.next[direction as usize] = segment.end();
}
