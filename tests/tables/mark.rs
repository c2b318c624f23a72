//! Which packets bear the mark, bit by bit.

use ftp_track_common::{
    config::Mode,
    reason::Reason,
    segment::{ACK, FIN, RST, SYN},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    frame::{self, IPV4, VLAN},
    namespace::{LAN, WAN},
    play::{Family, FromClient, Play},
    pool,
    segment::Segment,
    skb::Skb,
    tracker::{Door, Tracker},
};

const MARK: u32 = 0x0200;
const MASK: u32 = 0x0300;

/// What packets bear before: nothing, all bits, all but ours, and ours alone.
const BEFORE: [u32; 4] = [0, u32::MAX, !MASK, MASK];

fn reset(tracker: &mut Tracker) {
    tracker.reset(Mode::Mark);
    tracker.door = Door::Tc;
    for index in [LAN, WAN] {
        let mut slot = tracker.slot(index);
        (slot.mark, slot.mask) = (MARK, MASK);
        tracker.set_slot(&slot);
    }
}

/// Whether a packet is marked; no other bits may change, whatever it bears before.
fn is_marked(play: &Play<'_>, frame: &[u8], interface: u32) -> bool {
    let marks = BEFORE.map(|mark| {
        let skb = Skb {
            mark,
            ..Skb::incoming(interface)
        };
        let after = play.tracker.mark(frame, skb);
        assert_eq!(after & !MASK, mark & !MASK, "another's bits");
        after & MASK
    });
    assert!(
        marks == [MARK; 4] || marks == [0; 4],
        "it depends on the mark before: {marks:x?}"
    );
    marks[0] == MARK
}

#[test]
fn admitted_connections() {
    let mut tracker = pool::tracker();
    for family in [Family::V4, Family::V6] {
        for active in [false, true] {
            reset(&mut tracker);
            let mut play = Play::new(&mut tracker, family, 0);
            play.greet();
            let mut data = if active {
                play.active(50_000);
                Data::active(&play, 50_000)
            } else {
                play.passive(50_000);
                Data::passive(&play, 50_000)
            };
            let what = format!("{family:?}, active: {active}");
            let marked = |play: &Play<'_>, data: &Data, side, segment: &Segment| {
                is_marked(play, &segment.frame(), data.interfaces[side as usize])
            };
            // Each is sent four times: the SYN too may be repeated.
            let syn = data.segment(Initiator, SYN);
            assert!(marked(&play, &data, Initiator, &syn), "{what}: SYN");
            data.next[0] = syn.end();
            for (side, flags) in [
                (Responder, SYN | ACK),
                (Initiator, ACK),
                (Responder, ACK),
                (Initiator, FIN | ACK),
                (Responder, FIN | ACK),
                (Initiator, ACK),
            ] {
                let segment = data.segment(side, flags);
                assert!(marked(&play, &data, side, &segment), "{what}: {flags:#x}");
                data.next[side as usize] = segment.end();
            }
            // What is over admits no new connection.
            let mut again = data.segment(Initiator, SYN);
            again.sequence = again.sequence.wrapping_add(1 << 20);
            assert!(!marked(&play, &data, Initiator, &again), "{what}: again");
            // Nor does another port.
            data.ends[1].set_port(50_001);
            let other = data.segment(Initiator, SYN);
            assert!(!marked(&play, &data, Initiator, &other), "{what}: other");
        }
    }
}

#[test]
fn nothing_else() {
    let mut tracker = pool::tracker();
    reset(&mut tracker);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let control = play.control.segment(FromClient, b"NOOP\r\n");
    let (client, server) = (control.source, control.destination);
    let to = |port, flags| {
        let mut server = server;
        server.set_port(port);
        Segment::new(client, server, flags)
    };
    let v4 = |edit: fn(&mut etherparse::Ipv4Header)| match (client.ip(), server.ip()) {
        (std::net::IpAddr::V4(from), std::net::IpAddr::V4(to_ip)) => {
            frame::ethernet(IPV4, &frame::v4(from, to_ip, edit, &to(50_000, ACK).tcp()))
        }
        _ => panic!("IPv4"),
    };
    for (name, bytes) in [
        ("the control connection", control.frame()),
        ("a new control connection", to(21, SYN).frame()),
        ("an allowed port", to(8443, SYN).frame()),
        ("an unexpected port", to(8080, SYN).frame()),
        ("a segment of no connection", to(50_000, ACK).frame()),
        ("a reset of no connection", to(50_000, RST).frame()),
        ("ARP", frame::ethernet(0x0806, &[0; 28])),
        ("UDP", v4(|header| header.protocol = 17.into())),
        (
            "a fragment",
            v4(|header| frame::fragment(64, false)(header)),
        ),
        (
            "a tiny fragment",
            v4(|header| frame::fragment(1, false)(header)),
        ),
        ("a broken header", v4(|header| header.total_len = 3)),
        ("an empty VLAN frame", frame::tagged(&[VLAN], IPV4, &[])),
    ] {
        assert!(!is_marked(&play, &bytes, LAN), "{name}");
    }
    assert_eq!(play.tracker.count(Reason::Expected), 0);
}

#[test]
fn a_server_that_connects_early_has_to_insist() {
    let mut tracker = pool::tracker();
    reset(&mut tracker);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    let command = play.active_command(play.control.client.ip(), 50_000);
    play.client(&command);
    let syn = Data::active(&play, 50_000).segment(Initiator, SYN).frame();
    assert!(!is_marked(&play, &syn, WAN));
    assert!(play.tracker.count(Reason::BeforeAnswer) > 0);
    play.server("200 done");
    assert!(is_marked(&play, &syn, WAN));
}

#[test]
fn other_modes_mark_nothing() {
    let mut tracker = pool::tracker();
    for mode in [Mode::Observe, Mode::Enforce] {
        tracker.reset(mode);
        tracker.door = Door::Tc;
        let mut play = Play::new(&mut tracker, Family::V4, 0);
        play.greet();
        play.passive(50_000);
        let syn = Data::passive(&play, 50_000).segment(Initiator, SYN);
        for mark in BEFORE {
            let skb = Skb {
                mark,
                ..Skb::incoming(LAN)
            };
            assert_eq!(play.tracker.mark(&syn.frame(), skb), mark);
        }
        assert_eq!(play.tracker.count(Reason::Expected), 1);
    }
}
