//! Data connections that were admitted and are to end.

use ftp_track_common::{
    config::Mode,
    reason::Reason,
    segment::{ACK, SYN},
};

use crate::harness::{
    data::{Data, Initiator, Responder},
    namespace::LAN,
    play::{Family, FromServer, Play},
    pool,
    row::{self, Row, WHOLE},
    skb::Skb,
    tracker::Door,
};

fn admitted(play: &mut Play<'_>) -> Data {
    play.greet();
    play.passive(50_000);
    let mut data = Data::passive(play, 50_000);
    data.open(play);
    data
}

/// What the daemon does.
fn revoke(play: &mut Play<'_>, data: &Data) {
    let key = data.key();
    let mut flow = play.tracker.flows.get(&key).unwrap();
    flow.revoke();
    play.tracker.flows.insert(&key, &flow);
}

#[test]
fn nothing_of_it_passes() {
    row::run(&[
        Row {
            name: "both sides, and a reset",
            cells: WHOLE,
            play: |play| {
                let mut data = admitted(play);
                data.send(play, Responder, 1000);
                revoke(play, &data);
                data.send(play, Responder, 1000);
                data.send(play, Initiator, 0);
                data.finish(play, Initiator);
                data.reset(play, Responder);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "drop",
                "drop",
                "drop",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 3),
                (Reason::Revoked, 4),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+2 revoked",
            ],
        },
        Row {
            name: "the SYN again",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let data = Data::passive(play, 50_000);
                data.syn(play);
                revoke(play, &data);
                data.syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Unexpected, 1),
                (Reason::AlreadyUsed, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 revoked",
            ],
        },
        Row {
            name: "the control connection goes on, and a new one on the same ports is its own",
            cells: WHOLE,
            play: |play| {
                let data = admitted(play);
                revoke(play, &data);
                play.say(FromServer, b"226 done\r\n");
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.open(play);
                data.send(play, Responder, 1000);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[
                (Reason::StrayReply, 1),
                (Reason::ControlPort, 1),
                (Reason::Expected, 2),
                (Reason::Related, 5),
            ],
            state: &[
                "session 2/2 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 2+2 established",
            ],
        },
    ]);
}

/// Neither the mark nor the socket filter admits it, whatever the mode.
#[test]
fn nobody_is_told_that_it_is_admitted() {
    let mut tracker = pool::tracker();
    for family in [Family::V4, Family::V6] {
        tracker.reset(Mode::Mark);
        tracker.door = Door::Tc;
        let mut slot = tracker.slot(LAN);
        (slot.mark, slot.mask) = (1, 1);
        tracker.set_slot(&slot);
        let mut play = Play::new(&mut tracker, family, 0);
        let data = admitted(&mut play);
        for admits in [true, false] {
            for flags in [ACK, SYN] {
                let segment = data.segment(Initiator, flags);
                let mark = play.tracker.mark(&segment.frame(), Skb::incoming(LAN));
                let related = play.tracker.is_related(&segment.packet());
                // A SYN with another number is not the one that was admitted.
                let expect = admits && flags == ACK;
                assert_eq!((mark == 1, related), (expect, expect), "{family:?} {flags}");
            }
            revoke(&mut play, &data);
        }
    }
}
