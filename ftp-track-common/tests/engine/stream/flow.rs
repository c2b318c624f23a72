//! Data connections from their SYN to their end.

use ftp_track_common::{
    expectation::Expectation,
    flow::{Change, Flow, LINGER, OPENING, Side},
    segment::{ACK, FIN, RST, SYN, Segment},
    sequence::LARGEST_WINDOW,
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

fn payload(sequence: u32) -> Segment {
    Segment {
        length: 10,
        ..segment(ACK, sequence, 71)
    }
}

/// Who has sent a RST sends nothing more.
#[test]
fn a_forged_rst() {
    let (one, other) = (Side::Initiator, Side::Responder);
    for (side, back) in [(one, other), (other, one)] {
        for more in [payload(9), segment(ACK, 9, 71), segment(FIN | ACK, 9, 71)] {
            let mut flow = established();
            let reset = segment(RST, 1 << 31, 0);
            assert_eq!(flow.receive(side, &reset, SECOND), Change::Reset);
            // His receiver does not know yet.
            assert_eq!(flow.receive(back, &more, SECOND), Change::Over);
            let syn = segment(SYN | ACK, 70, ANSWERED);
            assert_eq!(flow.receive(side, &syn, SECOND), Change::Over);
            let change = flow.receive(side, &more, SECOND);
            // A FIN of the other side waits for one.
            let finishes = more.has(FIN);
            assert_eq!(change == Change::Over, finishes, "{change:?}");
            assert_eq!(flow.ended != 0, finishes);
        }
    }
}

/// Behind a FIN comes no payload, and what comes again lies no further in front of it than a window.
#[test]
fn forged_fins() {
    const FAR: u32 = LARGEST_WINDOW as u32;
    for (name, more, revives) in [
        ("the last ACK", segment(ACK, 1001, 71), false),
        ("the last payload again", payload(990), false),
        ("older payload", payload(990u32.wrapping_sub(FAR)), false),
        (
            "payload of another time",
            payload(989u32.wrapping_sub(FAR)),
            true,
        ),
        ("payload over it", payload(991), true),
        ("payload behind it", payload(1000), true),
        ("the FIN again", segment(FIN | ACK, 1000, 71), false),
    ] {
        for side in [Side::Initiator, Side::Responder] {
            let mut flow = established();
            let fin = segment(FIN | ACK, 1000, 71);
            flow.receive(Side::Initiator, &fin, SECOND);
            flow.receive(Side::Responder, &fin, SECOND);
            let change = flow.receive(side, &more, 2 * SECOND);
            let expect = if revives {
                Change::Revived
            } else {
                Change::Over
            };
            assert_eq!(change, expect, "{name}");
            assert_eq!(flow.ended != 0, !revives, "{name}");
        }
    }
}

/// Nor does one that nobody believes any more end it together with the other side's.
#[test]
fn a_forged_fin_before_the_other() {
    let mut flow = established();
    let fin = segment(FIN | ACK, 1000, 71);
    flow.receive(Side::Responder, &fin, SECOND);
    flow.receive(Side::Responder, &payload(1000), SECOND);
    assert_eq!(flow.finished, [0; 2]);
    assert_eq!(flow.receive(Side::Initiator, &fin, SECOND), Change::Nothing);
}

/// Whatever ended it is true only if all of it is.
#[test]
fn two_forged_ends() {
    let mut flow = established();
    for side in [Side::Initiator, Side::Responder] {
        flow.receive(side, &segment(RST, 5, 0), SECOND);
    }
    let changes =
        [Side::Initiator, Side::Responder].map(|side| flow.receive(side, &payload(9), SECOND));
    assert_eq!(changes, [Change::Over, Change::Revived]);
}

#[test]
fn each_segment_renews_the_last_seconds() {
    let mut flow = established();
    flow.receive(Side::Responder, &segment(RST, 71, 0), SECOND);
    let mut now = SECOND;
    for _ in 0..3 {
        now += LINGER;
        assert_eq!(
            flow.receive(Side::Initiator, &payload(9), now),
            Change::Over
        );
    }
    assert!(!flow.is_expired(now + LINGER));
    now += LINGER + 1;
    assert!(flow.is_expired(now));
    assert_eq!(
        flow.receive(Side::Responder, &payload(9), now),
        Change::Over
    );
    assert!(flow.is_expired(now), "it is too late");
}

/// Its expectation may have been used again.
#[test]
fn a_refusal_is_final() {
    let mut flow = opened();
    flow.receive(Side::Responder, &segment(RST | ACK, 0, ANSWERED), SECOND);
    assert_eq!(
        flow.receive(Side::Responder, &payload(9), SECOND),
        Change::Over
    );
}

/// An end that was forged does not keep a flow from being revoked.
#[test]
fn what_has_ended_may_be_revoked() {
    let mut flow = established();
    flow.receive(Side::Responder, &segment(RST, 71, 0), SECOND);
    flow.revoke();
    assert!(flow.is_revoked() && !flow.is_expired(SECOND + LINGER + 1));
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
