//! IPv6 headers and extension headers.

use ftp_track_common::reason::Reason;

use super::{
    CLIENT6,
    Outcome::{Read, Unread},
    SERVER6, TINY, TOO_MANY, probe4, probe6, row, run,
};
use crate::harness::{
    frame::{
        AUTHENTICATION, DESTINATION, FRAGMENT, HOP_BY_HOP, IPV6, ROUTING, ethernet, extensions, v6,
    },
    segment::Segment,
};

const UDP: u8 = 17;
const ESP: u8 = 50;
const ICMP: u8 = 58;
const NOTHING: u8 = 59;
const MOBILITY: u8 = 135;

/// The probe behind extension headers.
fn behind(headers: &[(u8, u8)]) -> Vec<u8> {
    let (first, bytes) = extensions(headers, &probe6().tcp());
    ethernet(IPV6, &v6(CLIENT6, SERVER6, first, &bytes))
}

/// `bytes` behind an IPv6 header whose next header is `next`.
fn holding(next: u8, bytes: &[u8]) -> Vec<u8> {
    ethernet(IPV6, &v6(CLIENT6, SERVER6, next, bytes))
}

/// The probe, with one byte of its IPv6 header changed.
fn patched(at: usize, byte: u8) -> Vec<u8> {
    let mut packet = probe6().packet();
    packet[at] = byte;
    ethernet(IPV6, &packet)
}

#[test]
fn headers() {
    run(&[
        row(
            "version 4",
            ethernet(IPV6, &probe4().packet()),
            Unread(Reason::BadHeader),
        ),
        row("version 7", patched(0, 0x70), Unread(Reason::BadHeader)),
        row("no payload", patched(5, 0), Unread(Reason::BadHeader)),
        row(
            "no room for a TCP header",
            patched(5, 19),
            Unread(Reason::BadHeader),
        ),
        row("longer than the frame", patched(4, 100), Read),
        row("UDP", holding(UDP, &[0; 40]), Unread(Reason::NotTcp)),
        row("ICMP", holding(ICMP, &[0; 40]), Unread(Reason::NotTcp)),
        row("ESP", holding(ESP, &[0; 40]), Unread(Reason::NotTcp)),
        row(
            "no next header",
            holding(NOTHING, &[]),
            Unread(Reason::NotTcp),
        ),
        row("mobility", behind(&[(MOBILITY, 0)]), Unread(Reason::NotTcp)),
    ]);
}

/// No host accepts them, but they would name a connection over IPv4.
#[test]
fn ipv4_addresses() {
    let mapped = |at: usize| {
        let mut frame = behind(&[]);
        let address = 14 + 8 + 16 * at;
        frame[address..address + 10].fill(0);
        frame[address + 10..address + 12].fill(0xff);
        frame
    };
    run(&[
        row("the source", mapped(0), Unread(Reason::BadHeader)),
        row("the destination", mapped(1), Unread(Reason::BadHeader)),
    ]);
}

#[test]
fn extension_headers() {
    run(&[
        row("hop by hop", behind(&[(HOP_BY_HOP, 0)]), Read),
        row("hop by hop of 64 bytes", behind(&[(HOP_BY_HOP, 7)]), Read),
        row("routing", behind(&[(ROUTING, 2)]), Read),
        row("destination options", behind(&[(DESTINATION, 1)]), Read),
        row("authentication", behind(&[(AUTHENTICATION, 4)]), Read),
        row("a fragment of one", behind(&[(FRAGMENT, 0)]), Read),
        row(
            "all of them",
            behind(&[
                (HOP_BY_HOP, 0),
                (DESTINATION, 1),
                (ROUTING, 2),
                (FRAGMENT, 0),
                (AUTHENTICATION, 4),
                (DESTINATION, 3),
            ]),
            Read,
        ),
        row("eight", behind(&[(DESTINATION, 0); 8]), Read),
        row("nine", behind(&[(DESTINATION, 0); 9]), TOO_MANY),
        row("1000 bytes", behind(&[(DESTINATION, 124)]), Read),
        row(
            "more than 2000 bytes",
            behind(&[(DESTINATION, 255)]),
            TOO_MANY,
        ),
        row(
            "more than 2000 bytes, and another",
            behind(&[(DESTINATION, 255), (ROUTING, 0)]),
            TOO_MANY,
        ),
        row(
            "one that is longer than the packet",
            holding(
                DESTINATION,
                &[&[6, 9, 0, 0, 0, 0, 0, 0], &probe6().tcp()[..]].concat(),
            ),
            Unread(Reason::BadHeader),
        ),
        row(
            "UDP behind one",
            holding(
                DESTINATION,
                &[&[UDP, 0, 0, 0, 0, 0, 0, 0], &[0; 40][..]].concat(),
            ),
            Unread(Reason::NotTcp),
        ),
    ]);
}

#[test]
fn fragments() {
    let tcp = probe6().tcp();
    let long = Segment {
        options: vec![1; 40],
        ..probe6()
    };
    let long = long.tcp();
    let part = |next, offset: u16, more: bool, bytes: &[u8]| {
        let [high, low] = (offset << 3 | u16::from(more)).to_be_bytes();
        holding(
            FRAGMENT,
            &[&[next, 0, high, low, 0, 0, 0, 9], bytes].concat(),
        )
    };
    let later = Unread(Reason::Fragment);
    let mut padded = part(DESTINATION, 0, true, &[DESTINATION, 0, 0, 0, 0, 0, 0, 0]);
    padded.extend([UDP, 0, 0, 0, 0, 0, 0, 0]);
    run(&[
        row(
            "the first, with the whole TCP header",
            part(6, 0, true, &tcp),
            Read,
        ),
        row(
            "the first, with 8 bytes of TCP",
            part(6, 0, true, &tcp[..8]),
            TINY,
        ),
        row("the second, 8 bytes on", part(6, 1, false, &tcp[8..]), TINY),
        row("16 bytes on", part(6, 2, false, &tcp), later),
        row("the last place there is", part(6, 8191, false, &tcp), later),
        row("a later one of UDP", part(UDP, 1, false, &tcp), later),
        row(
            "the first of UDP",
            part(UDP, 0, true, &tcp),
            Unread(Reason::NotTcp),
        ),
        row(
            "the first, whose extension headers go on in the second",
            part(DESTINATION, 0, true, &[6, 1, 0, 0, 0, 0, 0, 0]),
            TINY,
        ),
        row(
            "the first, all of whose headers but one are in the second",
            part(DESTINATION, 0, true, &[DESTINATION, 0, 0, 0, 0, 0, 0, 0]),
            TINY,
        ),
        row("the same, with padding that says UDP", padded, TINY),
        row(
            "the first, without the TCP header behind its extension headers",
            part(DESTINATION, 0, true, &[6, 0, 0, 0, 0, 0, 0, 0]),
            TINY,
        ),
        row(
            "the first, with 24 bytes of a TCP header of 60",
            part(6, 0, true, &long[..24]),
            TINY,
        ),
    ]);
}
