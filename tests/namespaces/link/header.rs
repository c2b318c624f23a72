//! IP headers that are larger than usual, and fragments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab, Relay};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode};
use ftp_track_tests::transfer::Mode;

use super::{leave_room, transfers};

/// Where the IP header begins.
const IP: usize = 14;
/// TCP, as IP's next protocol.
const TCP: u8 = 6;

/// Whether a frame carries TCP behind a plain IP header; where that one ends.
fn tcp_at(family: Family, frame: &[u8]) -> Option<usize> {
    let (first, protocol, end) = match family {
        Family::V4 => (0x45, IP + 9, IP + 20),
        Family::V6 => (0x60, IP + 6, IP + 40),
    };
    let plain = frame.len() >= end + 20 && frame[IP] & 0xf0 == first & 0xf0;
    let plain = plain && (family == Family::V6 || frame[IP] == first);
    (plain && frame[protocol] == TCP).then_some(end)
}

/// Writes length and checksum of the IP header of a frame.
fn seal(family: Family, frame: &mut [u8]) {
    let length = (frame.len() - IP) as u16;
    match family {
        Family::V6 => frame[IP + 4..IP + 6].copy_from_slice(&(length - 40).to_be_bytes()),
        Family::V4 => {
            frame[IP + 2..IP + 4].copy_from_slice(&length.to_be_bytes());
            frame[IP + 10..IP + 12].fill(0);
            let header = usize::from(frame[IP] & 15) * 4;
            let words = frame[IP..IP + header].chunks_exact(2);
            let sum: u32 = words
                .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
                .sum();
            let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
            frame[IP + 10..IP + 12].copy_from_slice(&sum.to_be_bytes());
        }
    }
}

/// With four IPv4 options that do nothing (RFC 791, 3.1), or with IPv6 destination options that do
/// nothing (RFC 8200, 4.6).
fn with_options(family: Family, mut frame: Vec<u8>) -> Vec<u8> {
    let end = tcp_at(family, &frame).expect("a TCP segment");
    match family {
        Family::V4 => {
            frame.splice(end..end, [1; 4]);
            frame[IP] = 0x46;
        }
        Family::V6 => {
            frame.splice(end..end, [TCP, 0, 1, 4, 0, 0, 0, 0]);
            frame[IP + 6] = 60;
        }
    }
    seal(family, &mut frame);
    frame
}

/// In two fragments (RFC 791, 3.2; RFC 8200, 4.5), of which the first has the whole TCP header.
fn in_fragments(family: Family, frame: &[u8]) -> Vec<Vec<u8>> {
    let end = tcp_at(family, frame).expect("a TCP segment");
    let header = usize::from(frame[end + 12] >> 4) * 4;
    let cut = header.next_multiple_of(8);
    let part = |offset: usize, more: u16, bytes: &[u8]| {
        let mut part = [&frame[..end], bytes].concat();
        match family {
            Family::V4 => {
                let field = (offset / 8) as u16 | more << 13;
                part[IP + 6..IP + 8].copy_from_slice(&field.to_be_bytes());
            }
            Family::V6 => {
                let field = (offset as u16 | more).to_be_bytes();
                part.splice(end..end, [TCP, 0, field[0], field[1], 0, 0, 0, 9]);
                part[IP + 6] = 44;
            }
        }
        seal(family, &mut part);
        part
    };
    let segment = &frame[end..];
    vec![part(0, 1, &segment[..cut]), part(cut, 0, &segment[cut..])]
}

fn larger_headers(family: Family) {
    let lab = Lab::new().unwrap();
    let wire = lab.cut(Host::Client).unwrap();
    leave_room(&lab);
    let changed = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&changed);
    let _relay = Relay::start(wire.ports().unwrap(), move |side, frame| {
        if side == 1 || tcp_at(family, &frame).is_none() {
            return vec![frame];
        }
        count.fetch_add(1, Relaxed);
        vec![with_options(family, frame)]
    });
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    transfers(&lab, &tracker, family);
    assert!(changed.load(Relaxed) > 100);
    assert_eq!(tracker.counter("unexpected").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn ipv4_options() {
    larger_headers(Family::V4);
}

#[test]
fn ipv6_extension_headers() {
    larger_headers(Family::V6);
}

/// A command in fragments is not read, and the connection goes on: so do announcements behind it.
fn fragments(family: Family) {
    let lab = Lab::new().unwrap();
    let wire = lab.cut(Host::Client).unwrap();
    let _relay = Relay::start(wire.ports().unwrap(), move |side, frame| {
        let is_it = side == 0
            && tcp_at(family, &frame).is_some_and(|end| {
                frame[end + 2..end + 4] == CONTROL_PORT.to_be_bytes()
                    && frame.ends_with(b"XXXXXXXX\r\n")
            });
        if is_it {
            in_fragments(family, &frame)
        } else {
            vec![frame]
        }
    });
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let mut control = Control::open(&lab, &server, family).unwrap();
    for mode in Mode::ALL {
        let before = tracker.counter("fragment").unwrap();
        control
            .command(&format!("NOOP {}", "X".repeat(40)), "200")
            .unwrap();
        assert_eq!(tracker.counter("fragment").unwrap(), before + 2);
        // Reading goes on at the next line.
        control.command("SYST", "215").unwrap();
        let announcement = control.announce(mode).unwrap();
        assert_eq!(
            tracker.list(Listing::Expectations).unwrap().len(),
            1,
            "{mode:?}"
        );
        let data = control.open_data(&announcement).unwrap();
        control.close_data(data).unwrap();
    }
    assert_eq!(tracker.list(Listing::Sessions).unwrap().len(), 1);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn ipv4_fragments() {
    fragments(Family::V4);
}

#[test]
fn ipv6_fragments() {
    fragments(Family::V6);
}
