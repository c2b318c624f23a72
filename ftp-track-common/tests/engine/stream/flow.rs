//! Data connections from their SYN to their end.

use ftp_track_common::{
    expectation::Expectation,
    flow::{Change, Flow, LINGER, OPENING, Side},
    segment::{ACK, FIN, RST, SYN, Segment},
};

use crate::support::connection::SECOND;

const FIRST: u32 = u32::MAX;
const ANSWERED: u32 = 0;

fn segment(flags: u8, sequence: u32, acknowledgment: u32) -> Segment {
    Segment {
        flags,
        sequence,
        acknowledgment,
        ..Segment::default()
    }
}

fn opened() -> Flow {
    let mut flow = Flow::default();
    let expectation = Expectation {
        id: 3,
        session: 9,
        kind: 3,
        ..Expectation::default()
    };
    flow.open(
        &expectation,
        expectation.id,
        true,
        &segment(SYN, FIRST, 0),
        SECOND,
    );
    flow
}

fn established() -> Flow {
    let mut flow = opened();
    let syn_ack = segment(SYN | ACK, 70, ANSWERED);
    assert_eq!(
        flow.receive(Side::Responder, &syn_ack, SECOND),
        Change::Nothing
    );
    let ack = segment(ACK, 0, 71);
    assert_eq!(
        flow.receive(Side::Initiator, &ack, SECOND),
        Change::Established
    );
    flow
}

#[test]
fn establishing() {
    let mut flow = established();
    assert_eq!(flow.established, 1);
    assert_eq!((flow.expectation, flow.session, flow.kind), (3, 9, 3));
    let more = segment(ACK, 0, 71);
    for side in [Side::Initiator, Side::Responder] {
        assert_eq!(flow.receive(side, &more, SECOND), Change::Nothing);
    }
}

#[test]
fn not_established_by_less() {
    for (name, side, wrong) in [
        (
            "a SYN-ACK for another SYN",
            Side::Responder,
            segment(SYN | ACK, 70, 5),
        ),
        (
            "a SYN-ACK of the wrong side",
            Side::Initiator,
            segment(SYN | ACK, 70, ANSWERED),
        ),
        (
            "a SYN of the responder",
            Side::Responder,
            segment(SYN, 70, ANSWERED),
        ),
        ("a plain ACK", Side::Responder, segment(ACK, 70, ANSWERED)),
    ] {
        let mut flow = opened();
        assert_eq!(
            flow.receive(side, &wrong, SECOND),
            Change::Nothing,
            "{name}"
        );
        let ack = segment(ACK, 0, 71);
        assert_eq!(
            flow.receive(Side::Initiator, &ack, SECOND),
            Change::Nothing,
            "{name}"
        );
    }
    let mut flow = opened();
    flow.receive(Side::Responder, &segment(SYN | ACK, 70, ANSWERED), SECOND);
    let back = segment(ACK, 71, ANSWERED);
    assert_eq!(
        flow.receive(Side::Responder, &back, SECOND),
        Change::Nothing
    );
}

#[test]
fn retransmitted_syn() {
    let mut flow = opened();
    let again = segment(SYN, FIRST, 0);
    assert!(flow.owns_syn(Side::Initiator, &again));
    assert!(!flow.owns_syn(Side::Initiator, &segment(SYN, FIRST - 1, 0)));
    assert!(!flow.owns_syn(Side::Responder, &again));
    assert_eq!(
        flow.receive(Side::Initiator, &again, SECOND),
        Change::Nothing
    );
    let mut over = established();
    over.receive(Side::Responder, &segment(RST, 71, 0), SECOND);
    assert!(!over.owns_syn(Side::Initiator, &again));
}

#[test]
fn fin_of_both_sides() {
    for sides in [
        [Side::Initiator, Side::Responder],
        [Side::Responder, Side::Initiator],
    ] {
        let mut flow = established();
        let fin = segment(FIN | ACK, 0, 71);
        assert_eq!(flow.receive(sides[0], &fin, SECOND), Change::Nothing);
        assert_eq!(
            flow.receive(sides[0], &fin, SECOND),
            Change::Nothing,
            "repeated"
        );
        assert_eq!(flow.ended, 0);
        assert_eq!(flow.receive(sides[1], &fin, 2 * SECOND), Change::Finished);
        assert_eq!(flow.ended, 2 * SECOND);
        assert_eq!(flow.receive(sides[0], &fin, SECOND), Change::Over);
    }
}

#[test]
fn refused() {
    let mut flow = opened();
    let refusal = segment(RST | ACK, 0, ANSWERED);
    assert_eq!(
        flow.receive(Side::Responder, &refusal, SECOND),
        Change::Refused
    );
    assert_eq!(flow.ended, SECOND);
    assert_eq!(
        flow.receive(Side::Responder, &refusal, SECOND),
        Change::Over
    );
}

/// Data that come with the SYN may be acknowledged with it (RFC 7413), by an answer or a refusal.
#[test]
fn data_in_the_syn() {
    let opened = || {
        let mut flow = opened();
        let mut syn = segment(SYN, FIRST, 0);
        syn.length = 100;
        flow.open(&Expectation::default(), 3, true, &syn, SECOND);
        flow
    };
    for (beyond, answers) in [
        (0, true),
        (50, true),
        (100, true),
        (101, false),
        (u32::MAX, false),
    ] {
        let number = ANSWERED.wrapping_add(beyond);
        let mut flow = opened();
        flow.receive(Side::Responder, &segment(SYN | ACK, 70, number), SECOND);
        assert_eq!(flow.answered != 0, answers, "{beyond}");
        let mut flow = opened();
        let refusal = flow.receive(Side::Responder, &segment(RST | ACK, 0, number), SECOND);
        assert_eq!(refusal == Change::Refused, answers, "{beyond}");
    }
}

#[test]
fn wrong_resets_of_an_opening_flow() {
    for (name, side, wrong) in [
        ("another number", Side::Responder, segment(RST | ACK, 0, 5)),
        ("without ACK", Side::Responder, segment(RST, 0, ANSWERED)),
        (
            "of the initiator",
            Side::Initiator,
            segment(RST | ACK, 0, ANSWERED),
        ),
    ] {
        let mut flow = opened();
        assert_eq!(
            flow.receive(side, &wrong, SECOND),
            Change::Nothing,
            "{name}"
        );
        assert_eq!(flow.ended, 0, "{name}");
    }
}

#[test]
fn reset() {
    for side in [Side::Initiator, Side::Responder] {
        let mut flow = established();
        let reset = segment(RST, 0, 0);
        assert_eq!(flow.receive(side, &reset, SECOND), Change::Reset);
        assert_eq!(flow.ended, SECOND);
        let mut answered = opened();
        answered.receive(Side::Responder, &segment(SYN | ACK, 70, ANSWERED), SECOND);
        assert_eq!(answered.receive(side, &reset, SECOND), Change::Reset);
    }
}

#[test]
fn expiry() {
    let idle = 600 * SECOND;
    let mut opening = opened();
    opening.idle = idle;
    assert!(!opening.is_expired(SECOND + OPENING));
    assert!(opening.is_expired(SECOND + OPENING + 1));
    let mut flow = established();
    flow.idle = idle;
    assert!(!flow.is_expired(SECOND + idle));
    assert!(flow.is_expired(SECOND + idle + 1));
    flow.receive(Side::Responder, &segment(ACK, 71, 0), idle);
    assert!(!flow.is_expired(SECOND + idle + 1));
    flow.receive(Side::Responder, &segment(RST, 71, 0), idle);
    assert!(!flow.is_expired(idle + LINGER));
    assert!(flow.is_expired(idle + LINGER + 1));
}

#[test]
fn sides() {
    let mut flow = opened();
    assert_eq!(flow.side(true), Side::Initiator);
    assert_eq!(flow.side(false), Side::Responder);
    flow.initiator_is_low = 0;
    assert_eq!(flow.side(true), Side::Responder);
    assert_eq!(flow.side(false), Side::Initiator);
}
