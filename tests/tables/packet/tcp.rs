//! TCP headers.

use ftp_track_common::{
    reason::Reason,
    segment::{ACK, FIN, RST, SYN},
};

use super::{
    Outcome::{Passed, Read, Unread},
    probe4, probe6, row, run,
};
use crate::harness::{frame::IPV4, frame::ethernet, segment::Segment};

const PSH: u8 = 0x08;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

/// The probe, with one byte of its TCP header changed.
fn patched(at: usize, byte: u8) -> Vec<u8> {
    let mut packet = probe4().packet();
    packet[20 + at] = byte;
    ethernet(IPV4, &packet)
}

/// The probe with other flags.
fn flagged(flags: u8) -> Vec<u8> {
    patched(13, flags)
}

fn with_options(options: &[u8]) -> Vec<u8> {
    let options = options.to_vec();
    Segment {
        options,
        ..probe4()
    }
    .frame()
}

#[test]
fn headers() {
    let mut wrong = probe6().frame();
    *wrong.last_mut().expect("a byte") ^= 1;
    let loaded = Segment {
        payload: b"GET / HTTP/1.1\r\n".to_vec(),
        ..probe4()
    };
    run(&[
        row(
            "a header of 16 bytes",
            patched(12, 0x40),
            Unread(Reason::BadHeader),
        ),
        row(
            "a header of no bytes",
            patched(12, 0x00),
            Unread(Reason::BadHeader),
        ),
        row(
            "a header longer than the packet",
            patched(12, 0x60),
            Unread(Reason::BadHeader),
        ),
        row("the longest header", with_options(&[1; 40]), Read),
        row("an option without end", with_options(&[3, 0, 0, 0]), Read),
        row(
            "an option longer than the header",
            with_options(&[5, 200, 0, 0]),
            Read,
        ),
        row(
            "no options in the room for them",
            with_options(&[0; 8]),
            Read,
        ),
        row("data in the SYN", loaded.frame(), Read),
        // What the receiver drops anyway needs no one's protection.
        row("a wrong checksum", wrong, Read),
    ]);
}

#[test]
fn flags() {
    run(&[
        row("SYN", flagged(SYN), Read),
        row("SYN that offers ECN", flagged(SYN | ECE | CWR), Read),
        row("SYN and PSH", flagged(SYN | PSH), Read),
        row("SYN and URG", flagged(SYN | URG), Read),
        row("SYN and FIN", flagged(SYN | FIN), Read),
        row(
            "SYN and RST: no one opens a connection on it",
            flagged(SYN | RST),
            Passed,
        ),
        row("SYN-ACK", flagged(SYN | ACK), Passed),
        row("ACK", flagged(ACK), Passed),
        row("ACK and PSH", flagged(ACK | PSH), Passed),
        row("FIN", flagged(FIN | ACK), Passed),
        row("RST", flagged(RST), Passed),
        row("no flag", flagged(0), Passed),
        row("all flags", flagged(0xff), Passed),
    ]);
}
