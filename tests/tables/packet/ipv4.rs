//! IPv4 headers.

use etherparse::{IpNumber, Ipv4Header};
use ftp_track_common::reason::Reason;

use super::{
    CLIENT4,
    Outcome::{Read, Unread},
    SERVER4, TINY, probe4, probe6, row, run,
};
use crate::harness::{
    frame::{IPV4, ethernet, fragment, options, v4},
    segment::Segment,
};

/// The probe, with its IPv4 header changed by `edit`.
fn edited(edit: impl FnOnce(&mut Ipv4Header)) -> Vec<u8> {
    ethernet(IPV4, &v4(CLIENT4, SERVER4, edit, &probe4().tcp()))
}

/// The probe, with one byte of its IPv4 header changed.
fn patched(at: usize, byte: u8) -> Vec<u8> {
    let mut packet = probe4().packet();
    packet[at] = byte;
    ethernet(IPV4, &packet)
}

/// The probe with `length` bytes of options.
fn with_options(length: usize) -> Vec<u8> {
    edited(options(length))
}

#[test]
fn headers() {
    run(&[
        row("4 bytes of options", with_options(4), Read),
        row("20 bytes of options", with_options(20), Read),
        row("40 bytes of options", with_options(40), Read),
        row("version 5", patched(0, 0x55), Unread(Reason::BadHeader)),
        row(
            "version 6",
            ethernet(IPV4, &probe6().packet()),
            Unread(Reason::BadHeader),
        ),
        row(
            "a header of 16 bytes",
            patched(0, 0x44),
            Unread(Reason::BadHeader),
        ),
        row(
            "a header of no bytes",
            patched(0, 0x40),
            Unread(Reason::BadHeader),
        ),
        row(
            "a header longer than the packet",
            patched(0, 0x4f),
            Unread(Reason::BadHeader),
        ),
        row(
            "a packet of 19 bytes",
            patched(3, 19),
            Unread(Reason::BadHeader),
        ),
        row(
            "a packet of 0 bytes",
            patched(3, 0),
            Unread(Reason::BadHeader),
        ),
        row(
            "no room for a TCP header",
            patched(3, 39),
            Unread(Reason::BadHeader),
        ),
        row("longer than the frame", patched(2, 200), Read),
        row(
            "UDP",
            edited(|h| h.protocol = IpNumber::UDP),
            Unread(Reason::NotTcp),
        ),
        row(
            "ICMP",
            edited(|h| h.protocol = IpNumber::ICMP),
            Unread(Reason::NotTcp),
        ),
        row(
            "GRE",
            edited(|h| h.protocol = IpNumber::GRE),
            Unread(Reason::NotTcp),
        ),
        row("do not fragment", edited(|h| h.dont_fragment = true), Read),
    ]);
}

#[test]
fn fragments() {
    let tcp = probe4().tcp();
    let long = Segment {
        options: vec![1; 40],
        ..probe4()
    };
    let long = long.tcp();
    let part = |offset, more, bytes: &[u8]| {
        ethernet(IPV4, &v4(CLIENT4, SERVER4, fragment(offset, more), bytes))
    };
    run(&[
        row(
            "the first, with the whole TCP header",
            part(0, true, &tcp),
            Read,
        ),
        row(
            "the first, with 8 bytes of TCP",
            part(0, true, &tcp[..8]),
            TINY,
        ),
        row(
            "the first, with 16 bytes of TCP",
            part(0, true, &tcp[..16]),
            TINY,
        ),
        row(
            "the first, with 24 bytes of a TCP header of 60",
            part(0, true, &long[..24]),
            TINY,
        ),
        row(
            "the first, with the whole of it",
            part(0, true, &long),
            Read,
        ),
        row("the second, 8 bytes on", part(1, false, &tcp[8..]), TINY),
        row(
            "the second, 8 bytes on, of three",
            part(1, true, &tcp[8..16]),
            TINY,
        ),
        row(
            "16 bytes on",
            part(2, false, &tcp),
            Unread(Reason::Fragment),
        ),
        row(
            "1480 bytes on",
            part(185, true, &tcp),
            Unread(Reason::Fragment),
        ),
        row(
            "the last place there is",
            part(8191, false, &tcp),
            Unread(Reason::Fragment),
        ),
    ]);
}
