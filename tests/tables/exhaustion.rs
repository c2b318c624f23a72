//! Every map filled to the brim by clients that mean no good: what is new is refused by name, honest
//! sessions go on, nothing is evicted, and memory has a bound.

use std::{
    env,
    net::{IpAddr, Ipv4Addr},
};

use ftp_track_common::{
    client::{self, PICK_UPS},
    config::Mode,
    expectation::Expectation,
    flow::Flow,
    handshake::Handshake,
    kept::{KeptBytes, KeptKey},
    layout::{self, ClientEntry, SessionEntry},
    reason::Reason,
    rule::Rule,
    seat::Seat,
    tuple::{ExpectationKey, FlowKey, SessionKey},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    play::{Control, Family, FromClient, FromServer, Play},
    tracker::{Tracker, Verdict, open},
};

/// With this variable the maps have their real sizes; else an eighth, because it takes its time.
const FULL_SIZE: &str = "FTP_TRACK_FULL_SIZE";

fn scale() -> usize {
    if env::var_os(FULL_SIZE).is_some() {
        1
    } else {
        8
    }
}

/// How many greedy clients it takes to fill the sessions.
const CLIENTS: usize = layout::MAX_SESSIONS / client::SESSIONS as usize;

/// In nanoseconds. Nothing is swept meanwhile, however long a slow machine takes to fill the maps.
const A_DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

/// A tracker whose maps and limits have the same proportions as the real ones.
fn tracker() -> Tracker {
    let sizes = [
        (layout::SESSIONS, layout::MAX_SESSIONS),
        (layout::EXPECTATIONS, layout::MAX_EXPECTATIONS),
        (layout::FLOWS, layout::MAX_FLOWS),
        (layout::CLIENTS, layout::MAX_CLIENTS),
    ];
    let sizes = sizes.map(|(name, size)| (name, (size / scale()) as u32));
    let mut tracker = Tracker::load_with(&sizes);
    tracker.reset(Mode::Enforce);
    tracker.configure(&[Rule {
        sessions_per_client: client::SESSIONS / scale() as u32,
        flows_per_client: client::FLOWS / scale() as u32,
        session_idle: A_DAY,
        flow_idle: A_DAY,
        ..open()
    }]);
    tracker
}

/// The `number`th greedy client.
fn greedy(number: usize) -> IpAddr {
    Ipv4Addr::from(0x0a01_0000 + number as u32).into()
}

/// A greeted control connection of `client`.
fn greet(tracker: &mut Tracker, client: IpAddr, port: u16) -> Control {
    let mut play = Play::new(tracker, Family::V4, 0);
    play.control.client = (client, port).into();
    play.greet();
    play.control
}

/// PASV, its reply, and the data connection's handshake: what is never answered lives for a minute,
/// and this for as long as the rule says.
fn open_flow(tracker: &mut Tracker, control: &mut Control, port: u16, from: u16) -> Verdict {
    let mut play = Play::new(tracker, Family::V4, 0);
    std::mem::swap(&mut play.control, control);
    play.passive(port);
    let mut data = Data::passive(&play, port);
    data.ends[0].set_port(from);
    let verdict = data.open(&mut play);
    std::mem::swap(&mut play.control, control);
    verdict
}

#[test]
fn every_map() {
    let mut tracker = tracker();
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    assert_eq!(data.open(&mut play), Verdict::Pass);
    let control = play.control;

    // Sessions. One of them is the honest client's.
    let each = client::SESSIONS as usize / scale();
    let mut controls = Vec::new();
    for number in 0..CLIENTS {
        for port in 0..each {
            controls.push(greet(&mut tracker, greedy(number), 10_000 + port as u16));
        }
    }
    let full = CLIENTS * each;
    assert_eq!(
        tracker.sessions.count(),
        full,
        "as many as there is room for"
    );
    assert!(tracker.count(Reason::SessionsFull) > 0);
    assert_eq!(tracker.count(Reason::ClientLimit), 0);
    controls.pop().expect("the one that was refused");
    greet(&mut tracker, greedy(0), 9_000);
    assert!(
        tracker.count(Reason::ClientLimit) > 0,
        "as many as it may have"
    );
    let refused = tracker.count(Reason::SessionsFull);
    greet(&mut tracker, greedy(CLIENTS), 9_000);
    assert!(tracker.count(Reason::SessionsFull) > refused, "no room");
    assert_eq!(tracker.sessions.count(), full);

    // Flows, two for each session. One is the honest client's already.
    let mut admitted = 1;
    for round in 0..2 {
        for control in &mut controls {
            let (port, from) = (20_000 + control.client.port(), 60_000 + round);
            if open_flow(&mut tracker, control, port, from) == Verdict::Pass {
                admitted += 1;
            }
        }
    }
    let room = layout::MAX_FLOWS / scale();
    assert!(admitted >= room - 3 && admitted <= room, "{admitted} flows");
    assert_eq!(tracker.flows.count(), admitted);
    assert_eq!(
        tracker.count(Reason::ExpectationsFull),
        0,
        "there is always room for those"
    );
    assert!(tracker.expectations.count() <= 2 * full);
    let one = &mut controls[0];
    let mut more = 0;
    while more < 4 && open_flow(&mut tracker, one, 30_000 + more, 61_000) == Verdict::Pass {
        more += 1;
    }
    assert!(more < 4 && tracker.count(Reason::FlowsFull) > 0, "no room");

    // The honest client's connections go on: it speaks, is answered, and its transfer comes to its end.
    tracker.events();
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.control = control;
    play.ask("NOOP", "200 ok");
    data.send(&mut play, Responder, 1000);
    data.finish(&mut play, Responder);
    data.finish(&mut play, Initiator);
    assert_eq!(play.notes, ["flow_end passive server:50000 finished"]);
    let key = play.control.key();
    let session = play.tracker.sessions.get(&key).expect("it was not evicted");
    assert_eq!(
        (session.session.conversation.commands, session.session.ended),
        (2, 0)
    );
    assert_eq!(tracker.sessions.count(), full);
}

#[test]
fn forged_segments() {
    let mut tracker = Tracker::load_with(&[]);
    tracker.reset(Mode::Enforce);
    let flood = 3 * PICK_UPS as usize;
    for number in 0..flood {
        let mut control = Control::new(Family::V4, 10_000 + (number % 50_000) as u16);
        control.client.set_ip(greedy(number));
        let segment = control.segment(FromClient, b"PASV\r\n");
        let verdict = tracker.run(&segment.frame(), control.interfaces[0]);
        assert_eq!(verdict, Verdict::Pass, "nothing is dropped for it");
    }
    let waiting = PICK_UPS as usize;
    assert_eq!(tracker.sessions.count(), waiting);
    assert_eq!(tracker.count(Reason::PickUpLimit), (flood - waiting) as u64);
    assert_eq!(tracker.clients.count(), 1, "in nobody's name");
    tracker.events();
    // A connection that is older than the tracker is picked up nevertheless.
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.client("NOOP");
    play.server("200 ok");
    play.passive(50_000);
    assert_eq!(Data::passive(&play, 50_000).syn(&mut play), Verdict::Pass);
    // So is one of which the server speaks first.
    play.control = Control::new(Family::V4, 41_000);
    play.server("226 done");
    play.acknowledge(FromClient);
    play.client("NOOP");
    play.server("200 ok");
    play.passive(50_001);
    assert_eq!(
        play.notes[play.notes.len() - 1],
        "expectation_new passive server:50001"
    );
    assert_eq!(play.tracker.count(Reason::Unconfirmed), 0);
    // And a new one has its own room.
    play.control = Control::new(Family::V4, 42_000);
    play.greet();
    play.passive(50_002);
    assert_eq!(
        play.notes[play.notes.len() - 1],
        "expectation_new passive server:50002"
    );
    assert_eq!(tracker.sessions.count(), waiting + 3);
}

/// As many expectations as the map has room for, by clients that never use them.
#[test]
fn expectations() {
    const ROOM: u16 = 64;
    let mut tracker = Tracker::load_with(&[(layout::EXPECTATIONS, ROOM.into())]);
    tracker.reset(Mode::Enforce);
    tracker.configure(&[Rule {
        expectation_lifetime: A_DAY,
        session_idle: A_DAY,
        ..open()
    }]);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    let honest = play.control.clone();
    let mut greedy_ones = Vec::new();
    for number in 0..usize::from(ROOM) + 8 {
        play.control = greet(play.tracker, greedy(number), 10_000);
        play.passive(51_000);
        greedy_ones.push(play.control.clone());
    }
    let refused = play.tracker.count(Reason::ExpectationsFull);
    assert_eq!(refused, 9, "one place is the honest client's");
    assert_eq!(play.tracker.expectations.count(), usize::from(ROOM));

    // What was announced before is there, and what comes after it replaces it.
    play.control = honest;
    assert_eq!(data.open(&mut play), Verdict::Pass);
    data.send(&mut play, Responder, 1000);
    play.passive(50_001);
    let mut data = Data::passive(&play, 50_001);
    assert_eq!(data.open(&mut play), Verdict::Pass);
    // A new session goes on without its expectation, which is refused by name.
    play.notes.clear();
    play.control = greet(play.tracker, greedy(1_000), 10_000);
    play.tracker.events();
    play.passive(52_000);
    let refusal = "refused passive server:52000 expectations_full";
    assert_eq!(play.notes, [refusal]);
    play.ask("NOOP", "200 ok");
    // As soon as one of the others ends there is room for it.
    let late = std::mem::replace(&mut play.control, greedy_ones.swap_remove(0));
    play.reset(FromClient);
    play.control = late;
    play.notes.clear();
    play.passive(52_001);
    assert_eq!(play.notes, ["expectation_new passive server:52001"]);
    let mut data = Data::passive(&play, 52_001);
    assert_eq!(data.open(&mut play), Verdict::Pass);
}

/// What is kept beyond a gap may be forgotten, but nobody reads what another said.
#[test]
fn forgotten_segments() {
    const ROOM: usize = 16;
    const CONNECTIONS: u16 = 100;
    let mut tracker = Tracker::load_with(&[(layout::KEPT, ROOM as u32)]);
    tracker.reset(Mode::Observe);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    let mut controls = Vec::new();
    let reply = |number| format!("227 (192,0,2,1,200,{number})\r\n").into_bytes();
    for number in 0..CONNECTIONS {
        play.control = Control::new(Family::V4, 10_000 + number);
        play.greet();
        play.client("PASV");
        let mut late = play.control.segment(FromServer, &reply(number)[9..]);
        late.sequence = late.sequence.wrapping_add(9);
        assert_eq!(play.deliver(FromServer, &late), Verdict::Pass);
        controls.push(play.control.clone());
    }
    let kept = play.tracker.count(Reason::Kept);
    let passed = play.tracker.count(Reason::GapPassed);
    assert_eq!(kept + passed, u64::from(CONNECTIONS));
    play.notes.clear();
    let mut read = 0;
    for (number, control) in (0..CONNECTIONS).zip(controls) {
        let reply = reply(number);
        play.control = control;
        play.send(FromServer, &reply[..9]);
        play.lose(FromServer, reply.len() - 9);
        play.acknowledge(FromClient);
        let port = 200 * 256 + number;
        if !play.notes.is_empty() {
            let expect = format!("expectation_new passive server:{port}");
            assert_eq!(play.notes, [expect], "its own, or nothing");
            play.notes.clear();
            read += 1;
        }
        // It goes on either way, at the next line after what is lost.
        play.server("200 the end of which is ignored");
        play.client("PASV");
        play.notes.clear();
        play.server(&format!("227 (192,0,2,1,201,{number})"));
        let expect = format!("expectation_new passive server:{}", port + 256);
        assert_eq!(play.notes, [expect]);
        play.notes.clear();
    }
    assert!(read > 0 && read <= ROOM, "{read} were read");
    let forgotten = u64::from(CONNECTIONS) - read as u64;
    assert_eq!(play.tracker.count(Reason::Resynchronised), forgotten);
}

#[test]
fn bounded_memory() {
    /// What the kernel adds to an entry: its header in the hash table and the allocator's rounding.
    const OVERHEAD: usize = 64;
    const fn size<K, V>(entries: usize) -> usize {
        entries * (size_of::<K>() + size_of::<V>() + OVERHEAD)
    }
    let bytes = size::<SessionKey, SessionEntry>(layout::MAX_SESSIONS)
        + size::<SessionKey, Handshake>(layout::MAX_HANDSHAKES)
        + size::<SessionKey, u64>(layout::MAX_BARRED)
        + size::<ExpectationKey, Expectation>(layout::MAX_EXPECTATIONS)
        + size::<FlowKey, Flow>(layout::MAX_FLOWS)
        + layout::MAX_FLOWS * size_of::<Seat>()
        + size::<[u8; 20], ClientEntry>(layout::MAX_CLIENTS)
        + size::<KeptKey, KeptBytes>(layout::MAX_KEPT)
        + layout::EVENT_BYTES;
    println!("at most {} MiB", bytes >> 20);
    assert!(bytes < 192 << 20, "{bytes} bytes");
}
