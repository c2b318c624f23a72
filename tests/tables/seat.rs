//! Where a flow's plain segments are counted without a look-up, and who may be counted there.

use ftp_track_common::{
    config::Mode,
    flow::Flow,
    reason::Reason,
    seat::{Seat, Tally},
    segment::{ACK, FIN, RST},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    namespace::{LAN, WAN},
    play::{Family, Play},
    pool,
    segment::Segment,
    tracker::{Door, Tracker, Verdict},
};

/// Another pair of ports that leads to the same seat.
fn neighbour(tracker: &Tracker, data: &Data) -> Data {
    let flows = &tracker.flows;
    let ports = (1024..=u16::MAX).flat_map(|one| (40_000..40_100).map(move |other| (one, other)));
    let mut others = ports.map(|(one, other)| {
        let mut it = data.clone();
        it.ends[0].set_port(one);
        it.ends[1].set_port(other);
        it
    });
    let same = |it: &Data| flows.place(&it.key()) == flows.place(&data.key());
    others.find(same).expect("there are more ports than seats")
}

fn plain(data: &Data) -> Segment {
    let mut segment = data.segment(Responder, ACK);
    segment.payload = vec![b'x'; 10];
    segment
}

fn packets(seat: &Seat) -> u64 {
    seat.tallies.iter().map(|tally| tally.packets()).sum()
}

/// How often a frame from the server is counted as one of an admitted data connection.
fn related(tracker: &Tracker, data: &Data) -> u64 {
    let before = tracker.count(Reason::Related);
    assert_eq!(tracker.run(&plain(data).frame(), WAN), Verdict::Pass);
    tracker.count(Reason::Related) - before
}

/// Packets that were counted in the seat of a flow, whoever sits there.
fn seated(tracker: &Tracker, data: &Data) -> u64 {
    packets(&tracker.flows.seat(&data.key()))
}

/// The first segment behind the handshake sits down, the rest are counted there.
#[test]
fn sits_down_once_it_is_established() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V6, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    let key = data.key();
    let leading = play.tracker.flows.seat(&key).flows;
    data.open(&mut play);
    let seat = play.tracker.flows.seat(&key);
    assert!(seat.is_of(&key.into()) && seat.flows == leading + 1);
    assert_eq!(packets(&seat), 0, "the handshake was looked at closely");
    data.send(&mut play, Initiator, 100);
    data.send(&mut play, Responder, 1000);
    let seat = play.tracker.flows.seat(&key);
    let flow = play.tracker.flows.get(&key).unwrap();
    assert_eq!(packets(&seat) + 3, flow.packets.iter().sum::<u64>());
    let bytes = seat.tallies.map(Tally::bytes);
    assert!(bytes.iter().all(|&it| it > 0) && bytes.iter().sum::<u64>() > 1000);
}

/// What changes a flow gets a closer look, and when it is over, so does everything.
#[test]
fn stands_up_when_it_is_over() {
    let mut tracker = pool::tracker();
    for (name, last) in [("finished", [FIN | ACK; 2].as_slice()), ("reset", &[RST])] {
        let data = Data::admitted(&mut tracker, Family::V4);
        assert_eq!(related(&tracker, &data), 1);
        for (flags, side) in last.iter().zip([0, 1]) {
            let (frame, interface) = if side == 0 {
                (data.segment(Initiator, *flags), LAN)
            } else {
                (data.segment(Responder, *flags), WAN)
            };
            assert_ne!(tracker.flows.seat(&data.key()).until, 0, "{name}");
            tracker.run(&frame.frame(), interface);
        }
        let seat = tracker.flows.seat(&data.key());
        assert_eq!((seat.until, seat.tick), (0, 0), "{name}");
        let before = seated(&tracker, &data);
        assert_eq!(related(&tracker, &data), 1, "{name}: the last segments");
        assert_eq!(seated(&tracker, &data), before, "{name}");
    }
}

/// What an administrator revokes is refused at once: he makes it stand up.
#[test]
fn a_revoked_flow_is_refused_at_once() {
    let mut tracker = pool::tracker();
    let data = Data::admitted(&mut tracker, Family::V4);
    assert_eq!(related(&tracker, &data), 1);
    let mut flow = tracker.flows.get(&data.key()).unwrap();
    flow.revoke();
    tracker.flows.insert(&data.key(), &flow);
    for _ in 0..3 {
        let verdict = tracker.run(&plain(&data).frame(), WAN);
        assert_eq!(verdict, Verdict::Drop);
    }
    assert_eq!(tracker.count(Reason::Revoked), 3);
    assert_eq!(tracker.flows.seat(&data.key()).until, 0);
}

/// A flow that was torn out of its map, or revoked by somebody who knows nothing of seats, is admitted no
/// longer than until the next closer look.
#[test]
fn a_seat_alone_admits_nothing_for_long() {
    let mut tracker = pool::tracker();
    let data = Data::admitted(&mut tracker, Family::V4);
    let key = data.key();
    assert_eq!(related(&tracker, &data), 1);
    tracker.flows.tear_out(&key);
    let mut seat = tracker.flows.seat(&key);
    assert!(seat.is_of(&key.into()));
    (seat.tick, seat.until) = (1, 1);
    tracker.flows.set_seat(&key, &seat);
    assert_eq!(related(&tracker, &data), 0);
}

/// A new flow with the addresses and ports of one that is over takes its place.
#[test]
fn leaves_with_its_flow() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    let key = data.key();
    let before = play.tracker.flows.seat(&key).flows;
    data.open(&mut play);
    data.send(&mut play, Responder, 1000);
    data.finish(&mut play, Initiator);
    data.finish(&mut play, Responder);
    play.passive(50_000);
    let mut again = Data::passive(&play, 50_000);
    again.next = [77_000, 99_000];
    again.open(&mut play);
    let seat = play.tracker.flows.seat(&key);
    assert_eq!((seat.flows, seat.taken), (before + 1, 1));
    assert_eq!(packets(&seat), 0, "what the old one had is gone");
    assert_eq!(play.tracker.flows.get(&key).unwrap().packets, [2, 1]);
}

/// Two flows lead to one seat: the second one goes without, and loses nothing by it.
#[test]
fn a_taken_seat_is_left_alone() {
    let mut tracker = pool::tracker();
    let data = Data::admitted(&mut tracker, Family::V4);
    let other = neighbour(&tracker, &data);
    assert_eq!(related(&tracker, &other), 0, "nobody's");
    let flow = tracker.flows.get(&data.key()).unwrap();
    tracker.flows.enter(&other.key(), &flow);
    let before = tracker.flows.get(&other.key()).unwrap().packets;
    for _ in 0..3 {
        assert_eq!(related(&tracker, &other), 1);
        assert_eq!(related(&tracker, &data), 1);
    }
    let seat = tracker.flows.seat(&data.key());
    assert!(
        seat.is_of(&data.key().into()) && seat.taken == 1,
        "{seat:?}"
    );
    assert_eq!(packets(&seat), 3);
    let after = tracker.flows.get(&other.key()).unwrap().packets;
    assert_eq!(after.iter().sum::<u64>(), before.iter().sum::<u64>() + 3);
    // Once it is free, the other one has it.
    tracker.flows.remove(&data.key());
    assert_eq!(related(&tracker, &data), 0);
    let mut flow = tracker.flows.get(&other.key()).unwrap();
    flow.told = 0;
    tracker.flows.insert(&other.key(), &flow);
    assert_eq!(related(&tracker, &other), 1);
    assert!(tracker.flows.seat(&data.key()).is_of(&other.key().into()));
    assert_eq!(related(&tracker, &other), 1);
    assert_eq!(seated(&tracker, &other), 1);
}

/// A seat that somebody left without a word is free for the first one who leads to it alone.
#[test]
fn a_forgotten_seat_is_free_again() {
    let mut tracker = pool::tracker();
    let data = Data::admitted(&mut tracker, Family::V4);
    let other = neighbour(&tracker, &data);
    let mut seat = tracker.flows.seat(&data.key());
    tracker.flows.tear_out(&data.key());
    (seat.ends, seat.flows) = (other.key().into(), 0);
    tracker.flows.set_seat(&data.key(), &seat);
    assert_eq!(related(&tracker, &data), 0);
    // The same ports again, by another expectation.
    let mut play = Play::new(&mut tracker, Family::V4, 1);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    let mut seat = play.tracker.flows.seat(&data.key());
    (seat.ends, seat.flows, seat.taken, seat.until) = (other.key().into(), 0, 1, u64::MAX);
    seat.tallies = [Tally::packet(5); 2];
    play.tracker.flows.set_seat(&data.key(), &seat);
    data.open(&mut play);
    let seat = play.tracker.flows.seat(&data.key());
    assert!(
        seat.is_of(&data.key().into()) && seat.taken == 1,
        "{seat:?}"
    );
    assert_eq!(packets(&seat), 0);
}

/// A seat that has counted as much as it can gives it to the map.
#[test]
fn a_full_tally_is_emptied() {
    let mut tracker = pool::tracker();
    for door in Door::ALL {
        let data = Data::admitted(&mut tracker, Family::V4);
        tracker.door = door;
        let key = data.key();
        assert_eq!(related(&tracker, &data), 1);
        let before = tracker.flows.get(&key).unwrap();
        let mut seat = tracker.flows.seat(&key);
        // One packet before there are two million.
        let almost = Tally(((1 << 21) - 1) << 42 | 999_000_000);
        seat.tallies = [almost; 2];
        tracker.flows.set_seat(&key, &seat);
        assert_eq!(related(&tracker, &data), 1);
        let seat = tracker.flows.seat(&key);
        assert!(seat.tallies.contains(&almost), "the other direction");
        assert!(seat.tallies.contains(&Tally::default()), "{seat:?}");
        let after = tracker.flows.get(&key).unwrap();
        let more = |packets: u64, bytes: u64| [almost.packets() + packets, almost.bytes() + bytes];
        let counted = |flow: &Flow, side| [flow.packets[side], flow.bytes[side]];
        let less = |a: [u64; 2], b: [u64; 2]| [a[0] - b[0], a[1] - b[1]];
        // What the seat had counted before was written over: only the packet of the server's.
        assert_eq!(counted(&before, 0), [2, 80]);
        assert_eq!(less(counted(&after, 0), [2, 80]), more(0, 0));
        assert_eq!(less(counted(&after, 1), [1, 40]), more(1, 50));
    }
}
