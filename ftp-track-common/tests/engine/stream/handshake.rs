//! The handshake of a control connection.

use ftp_track_common::{
    handshake::Handshake,
    segment::{ACK, SYN, Segment},
    sequence::Sequence,
};

fn handshake() -> Handshake {
    Handshake {
        client_first: u32::MAX,
        server_first: 500,
        client_interface: 2,
        server_interface: 3,
        answered: 1,
        ..Handshake::default()
    }
}

#[test]
fn syn_ack() {
    let plain = handshake();
    assert!(
        plain.is_answered_by(0),
        "the number after the SYN's, wrapped"
    );
    for wrong in [u32::MAX, 1, 2, 500] {
        assert!(!plain.is_answered_by(wrong), "{wrong}");
    }
    let early = Handshake {
        early_data: 1,
        ..plain
    };
    assert!(early.is_answered_by(0), "the server did not take the data");
    assert!(early.is_answered_by(100), "the server took the data");
    assert!(!early.is_answered_by(u32::MAX));
    assert!(!early.is_answered_by(70_000));
}

#[test]
fn last_ack() {
    let plain = handshake();
    assert!(plain.is_completed_by(0, 501));
    assert!(!plain.is_completed_by(0, 500));
    assert!(!plain.is_completed_by(0, 502));
    assert!(!plain.is_completed_by(1, 501));
    assert!(!plain.is_completed_by(u32::MAX, 501));
    let unanswered = Handshake {
        answered: 0,
        ..plain
    };
    assert!(!unanswered.is_completed_by(0, 501));
    let early = Handshake {
        early_data: 1,
        ..plain
    };
    assert!(early.is_completed_by(0, 501));
    assert!(early.is_completed_by(100, 501));
    assert!(!early.is_completed_by(100, 502));
}

#[test]
fn scaling_needs_both_sides() {
    for (client, server, expect) in [
        (0, 0, [0, 0]),
        (8, 0, [0, 0]),
        (0, 8, [0, 0]),
        (8, 3, [7, 2]),
        (1, 1, [0, 0]),
        (15, 16, [14, 14]),
        (255, 2, [14, 1]),
    ] {
        let offered = Handshake {
            client_scale: client,
            server_scale: server,
            ..handshake()
        };
        let mut sequences = [Sequence::default(); 2];
        offered.open(&mut sequences);
        assert_eq!(sequences.map(|sequence| sequence.scale()), expect);
        assert_eq!(sequences.map(|sequence| sequence.next), [0, 501]);
        assert_eq!(sequences.map(|sequence| sequence.interface), [2, 3]);
    }
}

fn answer(sequence: u32, acknowledgment: u32, interface: u32) -> Segment {
    Segment {
        sequence,
        acknowledgment,
        interface,
        flags: SYN | ACK,
        ..Segment::default()
    }
}

#[test]
fn two_answers() {
    for (name, second, stands) in [
        ("the same", answer(500, 0, 3), true),
        ("to another SYN", answer(501, 9, 4), true),
        ("another number", answer(501, 0, 3), false),
        ("another interface", answer(500, 0, 4), false),
    ] {
        let mut contested = handshake();
        assert_eq!(contested.answer(&second), stands, "{name}");
        assert_eq!(contested.is_completed_by(0, 501), stands, "{name}");
        assert!(!contested.is_completed_by(0, 502), "{name}");
    }
    let mut open = Handshake {
        answered: 0,
        ..handshake()
    };
    assert!(open.answer(&answer(700, 0, 4)));
    assert!(open.is_completed_by(0, 701), "the first answer counts");
}

#[test]
fn the_syn_again() {
    let syn = |sequence, interface| Segment {
        sequence,
        interface,
        flags: SYN,
        ..Segment::default()
    };
    let plain = handshake();
    assert!(plain.is_repeated_by(&syn(u32::MAX, 2)));
    assert!(!plain.is_repeated_by(&syn(7, 2)), "another connection");
    assert!(!plain.is_repeated_by(&syn(u32::MAX, 3)), "another wire");
}
