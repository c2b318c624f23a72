//! What the socket filter says of packets: it asks, and changes nothing.

use std::{thread::sleep, time::Duration};

use ftp_track_common::{
    config::Mode,
    rule::Rule,
    segment::{ACK, FIN, SYN},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    frame,
    play::{Family, FromClient, Play},
    pool, state,
    tracker::open,
};

#[test]
fn of_an_admitted_connection() {
    let mut tracker = pool::tracker();
    for mode in [Mode::Observe, Mode::Enforce, Mode::Mark] {
        for family in [Family::V4, Family::V6] {
            for active in [false, true] {
                tracker.reset(mode);
                let mut play = Play::new(&mut tracker, family, 0);
                play.greet();
                let data = if active {
                    play.active(50_000);
                    Data::active(&play, 50_000)
                } else {
                    play.passive(50_000);
                    Data::passive(&play, 50_000)
                };
                let syn = data.segment(Initiator, SYN);
                let what = format!("{mode:?}, {family:?}, active: {active}");
                // Expected, but it has not come by a door: that is where it uses the expectation.
                assert!(!play.tracker.is_related(&syn.packet()), "{what}: not yet");
                data.syn(&mut play);
                let before = (
                    state::lines(play.tracker, family, &play.control),
                    play.tracker.counts(),
                );
                assert!(play.tracker.is_related(&syn.packet()), "{what}: SYN");
                for (side, flags) in [
                    (Responder, SYN | ACK),
                    (Initiator, ACK),
                    (Responder, FIN | ACK),
                ] {
                    let segment = data.segment(side, flags);
                    assert!(
                        play.tracker.is_related(&segment.packet()),
                        "{what}: {flags:#x}"
                    );
                }
                let after = (
                    state::lines(play.tracker, family, &play.control),
                    play.tracker.counts(),
                );
                assert_eq!(before, after, "{what}: it only asks");
                // Another connection on the same ports.
                let mut other = data.segment(Initiator, SYN);
                other.sequence = other.sequence.wrapping_add(77);
                assert!(
                    !play.tracker.is_related(&other.packet()),
                    "{what}: other SYN"
                );
            }
        }
    }
}

#[test]
fn of_nothing_else() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Observe);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    data.open(&mut play);
    let control = play.control.segment(FromClient, b"NOOP\r\n");
    assert!(!play.tracker.is_related(&control.packet()), "control");
    let (std::net::IpAddr::V4(from), std::net::IpAddr::V4(to)) =
        (data.ends[0].ip(), data.ends[1].ip())
    else {
        panic!("IPv4");
    };
    let tcp = data.segment(Initiator, ACK).tcp();
    let whole = frame::v4(from, to, |_| (), &tcp);
    assert!(play.tracker.is_related(&whole));
    for (name, packet) in [
        (
            "UDP",
            frame::v4(from, to, |header| header.protocol = 17.into(), &tcp),
        ),
        (
            "a fragment",
            frame::v4(from, to, frame::fragment(0, true), &tcp),
        ),
        ("no version", [&[0x55], &whole[1..]].concat()),
        ("a header cut off", whole[..30].to_vec()),
        ("turned round", frame::v4(to, from, |_| (), &tcp)),
    ] {
        assert!(!play.tracker.is_related(&packet), "{name}");
    }
}

#[test]
fn until_its_time_is_over() {
    const IDLE: Duration = Duration::from_millis(30);
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Observe);
    tracker.configure(&[Rule {
        flow_idle: IDLE.as_nanos() as u64,
        ..open()
    }]);
    let mut play = Play::new(&mut tracker, Family::V6, 0);
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(&play, 50_000);
    data.open(&mut play);
    let segment = data.segment(Initiator, ACK).packet();
    sleep(IDLE);
    assert!(!play.tracker.is_related(&segment));
}
