//! What is seen at a glance is what a closer look would see.

use std::collections::BTreeMap;

use etherparse::Ipv4Header;
use ftp_track_common::{
    config::Mode,
    interface::{INGRESS, PARTIAL, ROUTED, TRANSMITS},
    reason::Reason,
    seat::Tally,
    segment::{ACK, PSH, SYN, URG},
    tuple::FlowKey,
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    frame,
    namespace::{CARDS, LAN, WAN},
    play::Family,
    pool,
    segment::Segment,
    skb::Skb,
    tracker::{Door, Tracker},
};

const XDP_PASS: u32 = 2;
const XDP_REDIRECT: u32 = 4;
const TC_ACT_UNSPEC: u32 = u32::MAX;
const TC_ACT_REDIRECT: u32 = 7;
/// Where the IP header begins.
const IP: usize = 14;
/// How often something is tried that a tick of the kernel's clock may come between: a route is believed no
/// longer without a closer look.
const TRIES: u32 = 100;

/// What came of a frame.
#[derive(PartialEq, Eq, Debug)]
struct Result {
    action: u32,
    frame: Vec<u8>,
    counts: BTreeMap<u32, u64>,
    packets: [u64; 2],
    bytes: [u64; 2],
}

/// An admitted data connection between interfaces of `mode`.
fn admitted(tracker: &mut Tracker, family: Family, mode: Mode, flags: u8) -> Data {
    let data = Data::admitted(tracker, family);
    for index in [LAN, WAN] {
        tracker.set_interface(mode, index, INGRESS | ROUTED | TRANSMITS | flags);
        let mut slot = tracker.slot(index);
        slot.address = frame::RECEIVER;
        tracker.set_slot(&slot);
    }
    data
}

fn run(tracker: &Tracker, frame: &[u8], interface: u32) -> (u32, Vec<u8>) {
    match tracker.door {
        Door::Xdp => tracker.forward(frame, interface),
        Door::Tc => tracker.redirect(frame, Skb::incoming(interface)),
    }
}

fn send(tracker: &Tracker, data: &Data, frame: &[u8], interface: u32) -> Result {
    let counts = || -> BTreeMap<u32, u64> {
        let counts = tracker.counts().into_iter();
        counts
            .map(|(reason, count)| (reason.slot(), count))
            .collect()
    };
    let (before, old) = (counts(), tracker.flows.get(&data.key()).unwrap());
    let (action, frame) = run(tracker, frame, interface);
    let (mut after, new) = (counts(), tracker.flows.get(&data.key()).unwrap());
    for (slot, count) in &mut after {
        *count -= before.get(slot).unwrap_or(&0);
    }
    after.retain(|_, count| *count != 0);
    let less = |new: [u64; 2], old: [u64; 2]| [new[0] - old[0], new[1] - old[1]];
    Result {
        action,
        frame,
        counts: after,
        packets: less(new.packets, old.packets),
        bytes: less(new.bytes, old.bytes),
    }
}

/// The next segment gets a closer look, by which its flow may sit down again.
fn stand(tracker: &mut Tracker, data: &Data) {
    let mut flow = tracker.flows.get(&data.key()).unwrap();
    flow.told = 0;
    tracker.flows.insert(&data.key(), &flow);
}

/// A closer look, as a flow gets every ten seconds.
fn closely(tracker: &mut Tracker, data: &Data, frame: &[u8], interface: u32) -> Result {
    stand(tracker, data);
    send(tracker, data, frame, interface)
}

/// The next segment comes in a later tick of the kernel's clock.
fn tick(tracker: &mut Tracker, data: &Data) {
    let mut seat = tracker.flows.seat(&data.key());
    assert_ne!(seat.tick, 0, "it sits");
    seat.tick -= 1;
    tracker.flows.set_seat(&data.key(), &seat);
}

/// As one that finds its seat taken.
fn without_a_seat(tracker: &mut Tracker, data: &Data, frame: &[u8], interface: u32) -> Result {
    let mut seat = tracker.flows.seat(&data.key());
    seat.flows += 1;
    seat.ends = FlowKey::default().into();
    // What was counted there belongs to the other one.
    seat.tallies = [Tally::default(); 2];
    tracker.flows.set_seat(&data.key(), &seat);
    let result = send(tracker, data, frame, interface);
    let mut seat = tracker.flows.seat(&data.key());
    assert_eq!(seat.tallies, [Tally::default(); 2], "somebody else's");
    (seat.flows, seat.ends) = (1, data.key().into());
    tracker.flows.set_seat(&data.key(), &seat);
    result
}

/// The server's segment, changed.
fn segment(data: &Data, flags: u8, length: usize) -> Segment {
    let mut segment = data.segment(Responder, flags);
    segment.payload = vec![b'x'; length];
    segment
}

/// The frame of an IPv4 segment with an edited header.
fn v4(segment: &Segment, edit: impl FnOnce(&mut Ipv4Header)) -> Vec<u8> {
    let (std::net::IpAddr::V4(source), std::net::IpAddr::V4(destination)) =
        (segment.source.ip(), segment.destination.ip())
    else {
        panic!("not IPv4");
    };
    let packet = frame::v4(source, destination, edit, &segment.tcp());
    frame::ethernet(frame::IPV4, &packet)
}

/// A checksum field that holds the sum of the pseudo header alone.
fn unfinished(segment: &Segment) -> Vec<u8> {
    let mut frame = segment.frame();
    let length = segment.tcp().len() as u64;
    let (header, addresses) = if segment.source.is_ipv4() {
        (20, &frame[IP + 12..IP + 20])
    } else {
        (40, &frame[IP + 8..IP + 40])
    };
    let words = addresses.chunks_exact(2);
    let mut sum: u64 = words
        .map(|two| u64::from(u16::from_be_bytes([two[0], two[1]])))
        .sum();
    sum += length + 6;
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    let place = IP + header + 16;
    frame[place..place + 2].copy_from_slice(&(sum as u16).to_be_bytes());
    frame
}

type Frames = Vec<(&'static str, Vec<u8>)>;

/// Segments of the server, of both families.
fn common(data: &Data) -> Frames {
    let plain = |length| segment(data, ACK, length).frame();
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut frame = plain(100);
        edit(&mut frame);
        frame
    };
    let packet = segment(data, ACK, 100).packet();
    let kind = if data.ends[0].is_ipv4() {
        frame::IPV4
    } else {
        frame::IPV6
    };
    let tcp = IP + if data.ends[0].is_ipv4() { 20 } else { 40 };
    vec![
        ("no payload", plain(0)),
        ("a byte", plain(1)),
        ("as long as may be", plain(1500 - (tcp - IP) - 20)),
        ("too long for the way", plain(1501 - (tcp - IP) - 20)),
        ("pushed", segment(data, ACK | PSH, 100).frame()),
        ("urgent", segment(data, ACK | URG, 100).frame()),
        ("no acknowledgment", segment(data, 0, 100).frame()),
        ("an answer to a SYN", segment(data, SYN | ACK, 0).frame()),
        ("for another card", edited(&|frame| frame[5] ^= 1)),
        ("for another maker's card", edited(&|frame| frame[0] ^= 4)),
        ("padded", edited(&|frame| frame.extend([0; 6]))),
        ("cut", edited(&|frame| frame.truncate(tcp + 40))),
        (
            "a TCP header of 16 bytes",
            edited(&|frame| frame[tcp + 12] = 0x40),
        ),
        ("a TCP header longer than the packet", {
            let mut frame = plain(0);
            frame[tcp + 12] = 0xf0;
            frame
        }),
        ("in a VLAN", frame::tagged(&[frame::VLAN], kind, &packet)),
        ("of another IP version", edited(&|frame| frame[IP] ^= 0x20)),
        (
            "an unfinished checksum",
            unfinished(&segment(data, ACK, 100)),
        ),
    ]
}

fn family4(data: &Data) -> Frames {
    let plain = segment(data, ACK, 100);
    vec![
        ("two hops left", v4(&plain, |ip| ip.time_to_live = 2)),
        ("one hop left", v4(&plain, |ip| ip.time_to_live = 1)),
        ("no hops left", v4(&plain, |ip| ip.time_to_live = 0)),
        ("options", v4(&plain, frame::options(4))),
        ("not to be cut", v4(&plain, |ip| ip.dont_fragment = true)),
        ("a first fragment", v4(&plain, frame::fragment(0, true))),
        ("a later fragment", v4(&plain, frame::fragment(10, false))),
        ("shorter than it says", v4(&plain, |ip| ip.total_len += 1)),
        (
            "shorter than its headers",
            v4(&plain, |ip| ip.total_len = 39),
        ),
        ("of no length", v4(&plain, |ip| ip.total_len = 0)),
    ]
}

fn family6(data: &Data) -> Frames {
    let plain = segment(data, ACK, 100);
    let edited = |place: usize, byte: u8| {
        let mut frame = plain.frame();
        frame[IP + place] = byte;
        frame
    };
    let extended = |kind| {
        let mut bytes = plain.frame();
        let (next, rest) = frame::extensions(&[(kind, 0)], &plain.tcp());
        bytes.truncate(IP + 40);
        bytes[IP + 6] = next;
        bytes[IP + 4..IP + 6].copy_from_slice(&(rest.len() as u16).to_be_bytes());
        bytes.extend(rest);
        bytes
    };
    vec![
        ("two hops left", edited(7, 2)),
        ("one hop left", edited(7, 1)),
        ("no hops left", edited(7, 0)),
        ("hop-by-hop options", extended(frame::HOP_BY_HOP)),
        ("a fragment header", extended(frame::FRAGMENT)),
        ("shorter than it says", edited(5, 121)),
        ("of no length", edited(5, 0)),
    ]
}

/// All frames, in this mode.
fn agree(door: Door, mode: Mode, flags: u8) {
    let mut tracker = pool::tracker();
    for family in [Family::V4, Family::V6] {
        let data = admitted(&mut tracker, family, mode, flags);
        tracker.door = door;
        let plain = segment(&data, ACK, 10).frame();
        let own = if family == Family::V4 {
            family4(&data)
        } else {
            family6(&data)
        };
        for (name, frame) in common(&data).into_iter().chain(own) {
            let wanted = closely(&mut tracker, &data, &frame, WAN);
            // Each behind a closer look at a plain segment of the same side.
            closely(&mut tracker, &data, &plain, WAN);
            let found = send(&tracker, &data, &frame, WAN);
            assert_eq!(found, wanted, "{name}, {family:?}, {mode:?}, {door:?}");
            closely(&mut tracker, &data, &plain, WAN);
            tick(&mut tracker, &data);
            let found = send(&tracker, &data, &frame, WAN);
            assert_eq!(
                found, wanted,
                "{name}, {family:?}, {mode:?}, {door:?}, later"
            );
            closely(&mut tracker, &data, &plain, WAN);
            let found = without_a_seat(&mut tracker, &data, &frame, WAN);
            assert_eq!(
                found, wanted,
                "{name}, {family:?}, {mode:?}, {door:?}, without a seat"
            );
        }
    }
}

#[test]
fn bypass_does_as_after_a_closer_look() {
    for door in Door::ALL {
        agree(door, Mode::Bypass, 0);
        agree(door, Mode::Bypass, PARTIAL);
    }
}

#[test]
fn other_modes_do_as_after_a_closer_look() {
    for door in Door::ALL {
        for mode in [Mode::Observe, Mode::Enforce, Mode::Conntrack, Mode::Mark] {
            agree(door, mode, 0);
        }
    }
}

/// Without this, the rows above might all be closer looks.
#[test]
fn plain_segments_are_seen_at_a_glance() {
    let mut tracker = pool::tracker();
    for (door, mode, action) in [
        (Door::Xdp, Mode::Bypass, XDP_REDIRECT),
        (Door::Xdp, Mode::Enforce, XDP_PASS),
        (Door::Xdp, Mode::Conntrack, XDP_PASS),
        (Door::Tc, Mode::Bypass, TC_ACT_REDIRECT),
        (Door::Tc, Mode::Enforce, TC_ACT_UNSPEC),
        (Door::Tc, Mode::Mark, TC_ACT_UNSPEC),
    ] {
        for family in [Family::V4, Family::V6] {
            let data = admitted(&mut tracker, family, mode, 0);
            tracker.door = door;
            for (side, interface, card) in [(Initiator, LAN, CARDS[1]), (Responder, WAN, CARDS[0])]
            {
                let plain = data.segment(side, ACK).frame();
                let before = tracker.count(Reason::Related);
                // Nothing in between: a tick is short for a slow machine.
                let glance = (1..=TRIES).find_map(|tries| {
                    stand(&mut tracker, &data);
                    run(&tracker, &plain, interface);
                    let result = run(&tracker, &plain, interface);
                    let seated = tracker.flows.seat(&data.key()).tallies;
                    let packets = seated.map(Tally::packets).iter().sum::<u64>();
                    (packets == 1).then_some((result, u64::from(tries)))
                });
                let ((result, frame), tries) = glance.expect("a second look within a tick");
                assert_eq!(result, action, "{mode:?}");
                let related = tracker.count(Reason::Related) - before;
                assert_eq!(related, 2 * tries, "{mode:?}");
                if action == XDP_REDIRECT {
                    assert_eq!(frame[..6], card, "{family:?} {side:?}");
                }
                if mode == Mode::Bypass {
                    let hops = if family == Family::V4 { 8 } else { 7 };
                    assert_eq!(frame[IP + hops], plain[IP + hops] - 1);
                }
            }
        }
    }
}

/// Packets that were merged: what counts is how long their segments are.
#[test]
fn merged_packets_are_bypassed_as_after_a_closer_look() {
    let mut tracker = pool::tracker();
    for family in [Family::V4, Family::V6] {
        let data = admitted(&mut tracker, family, Mode::Bypass, 0);
        let frame = segment(&data, ACK, 3000).frame();
        for (gso_size, action) in [
            (0, TC_ACT_UNSPEC),
            (1000, TC_ACT_REDIRECT),
            (1440, TC_ACT_REDIRECT),
            (1461, TC_ACT_UNSPEC),
        ] {
            let skb = Skb {
                gso_size,
                ..Skb::incoming(WAN)
            };
            stand(&mut tracker, &data);
            let closely = tracker.redirect(&frame, skb);
            let at_once = tracker.redirect(&frame, skb);
            assert_eq!(at_once, closely, "{family:?}, {gso_size}");
            assert_eq!(closely.0, action, "{family:?}, {gso_size}");
        }
    }
}
