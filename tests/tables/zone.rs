//! Conntrack zones: what has the same addresses and ports in two of them is apart.

use ftp_track::conntrack::knows_zones;
use ftp_track_common::{
    config::Mode,
    interface::{Interface, LOCAL},
    reason::Reason,
    segment::{ACK, SYN},
};

use crate::{
    conntrack::entries,
    harness::{
        data::{Data, Initiator, Responder},
        namespace::{LAN, WAN},
        play::{Control, Family, FromClient, FromServer, Play},
        pool,
        skb::Skb,
        tracker::{Door, Tracker, Verdict, open},
    },
};

/// Zones whose numbers differ in both bytes.
const ZONES: [u16; 2] = [5, 0x0106];

/// What comes in by either interface is in `zone`.
fn tell(tracker: &mut Tracker, zone: u16) {
    for index in [LAN, WAN] {
        let slot = tracker.slot(index);
        tracker.set_slot(&Interface { zone, ..slot });
    }
}

fn sorted(zones: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut zones: Vec<u32> = zones.collect();
    zones.sort_unstable();
    zones
}

/// The zones of all that the maps hold, each kind by itself.
fn zones(tracker: &Tracker) -> [Vec<u32>; 6] {
    [
        sorted(tracker.sessions.entries().iter().map(|(key, _)| key.zone)),
        sorted(
            tracker
                .expectations
                .entries()
                .iter()
                .map(|(key, _)| key.zone),
        ),
        sorted(tracker.flows.entries().iter().map(|(key, _)| key.zone)),
        sorted(tracker.clients.entries().iter().map(|(key, _)| key.zone)),
        sorted(tracker.histories.entries().iter().map(|(key, _)| key.zone)),
        sorted(tracker.attempts.entries().iter().map(|(key, _)| key.zone)),
    ]
}

#[test]
fn the_same_addresses_and_ports_in_two_zones() {
    let mut tracker = pool::tracker();
    let [first, second] = ZONES;
    for (door, family) in [
        (Door::Xdp, Family::V4),
        (Door::Xdp, Family::V6),
        (Door::Tc, Family::V4),
        (Door::Tc, Family::V6),
    ] {
        tracker.reset(Mode::Enforce);
        tracker.door = door;
        let mut rule = open();
        // One of each is as much as one client may have, and there are two clients.
        (rule.sessions_per_client, rule.flows_per_client) = (1, 1);
        tracker.configure(&[rule]);
        let mut play = Play::new(&mut tracker, family, 0);
        let what = format!("{door:?}, {family:?}");

        tell(play.tracker, first);
        play.greet();
        play.passive(50_000);
        let in_first = std::mem::replace(&mut play.control, Control::new(family, 40_000));
        let data = Data::passive(&play, 50_000);

        tell(play.tracker, second);
        assert_eq!(data.syn(&mut play), Verdict::Drop, "{what}: no session");
        play.greet();
        assert_eq!(
            data.syn(&mut play),
            Verdict::Drop,
            "{what}: announced elsewhere"
        );
        play.passive(50_000);
        assert_eq!(data.syn(&mut play), Verdict::Pass, "{what}: announced here");
        let answer = data.segment(Responder, SYN | ACK);
        play.deliver_frame(&answer.frame(), WAN);
        assert_eq!(play.tracker.flows.count(), 1, "{what}");

        tell(play.tracker, first);
        assert_eq!(data.syn(&mut play), Verdict::Pass, "{what}: not used up");
        let both = ZONES.map(u32::from);
        for kind in zones(play.tracker) {
            assert_eq!(kind, both, "{what}");
        }
        assert_eq!(play.tracker.count(Reason::Unexpected), 2, "{what}");
        assert_eq!(play.tracker.count(Reason::Expected), 2, "{what}");
        assert_eq!(play.tracker.count(Reason::Related), 1, "{what}");

        // One of the two ends.
        play.control = in_first;
        play.reset(FromClient);
        for (key, entry) in play.tracker.sessions.entries() {
            let ended = entry.session.ended != 0;
            assert_eq!(ended, key.zone == u32::from(first), "{what}: {key:?}");
        }
    }
}

/// Segments that are looked at closely, and those behind them at a glance, are counted in their zone.
#[test]
fn of_an_established_connection() {
    let mut tracker = pool::tracker();
    for door in Door::ALL {
        tracker.reset(Mode::Observe);
        tracker.door = door;
        let mut play = Play::new(&mut tracker, Family::V4, 0);
        let mut data = Data::passive(&play, 50_000);
        for zone in ZONES {
            play.control = Control::new(Family::V4, 40_000);
            data.next = Data::passive(&play, 50_000).next;
            tell(play.tracker, zone);
            play.greet();
            play.passive(50_000);
            data.open(&mut play);
        }
        for (zone, count) in [(ZONES[0], 5), (ZONES[1], 2), (7, 3)] {
            tell(play.tracker, zone);
            for _ in 0..count {
                data.send(&mut play, Responder, 10);
            }
        }
        let flows = play.tracker.flows.entries();
        let mut seen: Vec<_> = flows
            .iter()
            .map(|(key, it)| (key.zone, it.packets))
            .collect();
        seen.sort_unstable();
        let expect = [(ZONES[0], [2, 6]), (ZONES[1], [2, 3])];
        assert_eq!(seen, expect.map(|(zone, it)| (zone.into(), it)), "{door:?}");
    }
}

/// Two sides of a connection that are in different zones are none.
#[test]
fn a_connection_is_in_one_zone() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    for (index, zone) in [LAN, WAN].into_iter().zip(ZONES) {
        let slot = tracker.slot(index);
        tracker.set_slot(&Interface { zone, ..slot });
    }
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let data = Data::passive(&play, 50_000);
    assert_eq!(data.syn(&mut play), Verdict::Drop);
    assert_eq!(play.tracker.expectations.count(), 0);
}

/// The kernel's entries are in the zones, too, and the default zone is another one. Where the kernel
/// makes none in zones, none is made elsewhere.
#[test]
fn entries_in_conntrack() {
    let mut tracker = pool::tracker();
    let zones: &[u16] = match knows_zones().unwrap() {
        true => &[0, ZONES[0], ZONES[1]],
        false => &[0],
    };
    for (door, family, port) in [
        (Door::Xdp, Family::V4, 51_700),
        (Door::Xdp, Family::V6, 51_701),
        (Door::Tc, Family::V4, 51_702),
        (Door::Tc, Family::V6, 51_703),
    ] {
        tracker.reset(Mode::Conntrack);
        tracker.door = door;
        let mut play = Play::new(&mut tracker, family, 0);
        let data = Data::passive(&play, port);
        for (&zone, made) in zones.iter().zip(1..) {
            let what = format!("{door:?}, {family:?}, zone {zone}");
            play.control = Control::new(family, 40_000);
            tell(play.tracker, zone);
            play.greet();
            play.passive(port);
            for _ in 0..2 {
                assert_eq!(data.syn(&mut play), Verdict::Pass, "{what}");
            }
            let count = |reason| play.tracker.count(reason);
            assert_eq!(count(Reason::ConntrackMade), made, "{what}");
            assert_eq!(
                count(Reason::ConntrackExists),
                made,
                "{what}: the second SYN"
            );
            assert_eq!(count(Reason::ConntrackFailed), 0, "{what}");
            let entries = entries(data.ends[0].port(), port);
            let word = format!(" zone={zone} ");
            assert_eq!(entries.len() as u64, made, "{what}: {entries:?}");
            assert_eq!(
                entries.iter().filter(|it| it.contains(&word)).count(),
                1,
                "{what}: {entries:?}"
            );
        }
        if zones.len() == 1 {
            play.control = Control::new(family, 40_000);
            tell(play.tracker, ZONES[0]);
            play.greet();
            play.passive(port);
            assert_eq!(data.syn(&mut play), Verdict::Pass);
            assert_eq!(play.tracker.count(Reason::ConntrackFailed), 1);
            assert_eq!(entries(data.ends[0].port(), port).len(), 1);
        }
    }
}

/// What this machine makes, and what came in by an interface without a door, is in the zone of the
/// interface by which it leaves: the answers come in by that.
#[test]
fn of_what_leaves() {
    const NAMELESS: u32 = 1;
    let mut tracker = pool::tracker();
    for came_by in [0, NAMELESS] {
        tracker.reset(Mode::Enforce);
        for (index, zone) in [LAN, WAN].into_iter().zip(ZONES) {
            let slot = tracker.slot(index);
            tracker.set_slot(&Interface { zone, ..slot });
        }
        let mut play = Play::new(&mut tracker, Family::V4, 0);
        let out = Skb::outgoing(WAN, came_by);
        let syn = play.control.syn();
        play.deliver_skb(&syn.frame(), out);
        play.control.next[0] = syn.end();
        let answer = play.control.syn_ack();
        play.deliver(FromServer, &answer);
        play.control.next[1] = answer.end();
        let acknowledgment = play.control.segment(FromClient, b"");
        play.deliver_skb(&acknowledgment.frame(), out);
        let sessions = play.tracker.sessions.entries();
        let keys: Vec<u32> = sessions.iter().map(|(key, _)| key.zone).collect();
        assert_eq!(keys, [u32::from(ZONES[1])], "{came_by}");
    }
}

/// The gateway's own server answers by the interface of its client.
#[test]
fn of_a_server_on_the_gateway() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    tell(&mut tracker, ZONES[0]);
    let mut play = Play::new(&mut tracker, Family::V6, 0);
    play.control.interfaces = [LAN, LOCAL];
    play.greet();
    play.passive(50_000);
    let data = Data::passive(&play, 50_000);
    assert_eq!(data.syn(&mut play), Verdict::Pass);
    let zone = vec![u32::from(ZONES[0])];
    assert_eq!(zones(play.tracker), [(); 6].map(|()| zone.clone()));
}

/// The socket filter asks in the zone of the interface by which the packet came in, or, of what this
/// machine makes, by which it leaves.
#[test]
fn of_what_iptables_asks_about() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Observe);
    tell(&mut tracker, ZONES[0]);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let data = Data::passive(&play, 50_000);
    data.syn(&mut play);
    let packet = data.segment(Initiator, ACK).packet();
    let asked = |tracker: &Tracker| {
        [
            Skb::incoming(LAN),
            Skb::outgoing(1, LAN),
            Skb::outgoing(WAN, 0),
            Skb::default(),
        ]
        .map(|skb| tracker.is_related_at(&packet, skb))
    };
    assert_eq!(asked(play.tracker), [true, true, true, false]);
    tell(play.tracker, ZONES[1]);
    assert_eq!(asked(play.tracker), [false; 4]);
    tell(play.tracker, 0);
    assert_eq!(asked(play.tracker), [false; 4]);
}
