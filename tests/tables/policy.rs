//! What the rules of the policy admit, and what becomes of connections when another policy is put in
//! force.

use ftp_track_common::{
    flow::Side::{Initiator, Responder},
    reason::Reason,
    rule::{Action, PortRange, Rule},
};

use crate::harness::{
    data::Data,
    pool,
    row::{self, Row, WHOLE},
    tracker::open,
};

fn run(change: impl FnOnce(&mut Rule), rows: &[Row]) {
    let mut rule = open();
    change(&mut rule);
    let mut tracker = pool::tracker();
    // The first rule is for nobody here, so that the second one has to be found.
    let other = Rule {
        control_ports: [990; 16],
        ..Rule::open()
    };
    row::run_with(&mut tracker, &[other, rule], rows);
}

#[test]
fn passive_only() {
    run(
        |rule| rule.active = 0,
        &[
            Row {
                name: "PORT is refused when it is sent",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.active(50_000);
                    Data::active(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "refused active client:50000 active_forbidden",
                    "dropped client:50000 unexpected",
                    "drop",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::ActiveForbidden, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &["session 1/1"],
            },
            Row {
                name: "PASV is not",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    Data::passive(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new passive server:50000",
                    "expectation_used passive server:50000 used",
                    "flow_new passive server:50000 expected",
                ],
                counts: &[(Reason::ControlPort, 1), (Reason::Expected, 1)],
                state: &[
                    "session 1/1 used passive:50000",
                    "expectation passive server:50000",
                    "flow passive client>server:50000 1+0 opening",
                ],
            },
        ],
    );
}

#[test]
fn active_only() {
    run(
        |rule| {
            rule.passive = 0;
            rule.source_port_20 = 1;
        },
        &[
            Row {
                name: "PASV makes nothing",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    Data::passive(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "refused passive server:50000 passive_forbidden",
                    "dropped server:50000 unexpected",
                    "drop",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::PassiveForbidden, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &["session 1/1"],
            },
            Row {
                name: "from port 20 only, and an attempt from another port uses nothing up",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.active(50_000);
                    let mut other = Data::active(play, 50_000);
                    other.ends[0].set_port(61_000);
                    other.syn(play);
                    let mut right = Data::active(play, 50_000);
                    right.ends[0].set_port(20);
                    right.syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active client:50000",
                    "dropped client:50000 unexpected",
                    "drop",
                    "expectation_used active client:50000 used",
                    "flow_new active client:50000 expected",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::Expected, 1),
                    (Reason::Unexpected, 1),
                    (Reason::SourcePort, 1),
                ],
                state: &[
                    "session 1/1 used active:50000",
                    "expectation active client:50000",
                    "flow active server>client:50000 1+0 opening",
                ],
            },
        ],
    );
}

#[test]
fn ports_of_the_rule() {
    run(
        |rule| {
            rule.ports = Default::default();
            rule.ports[7] = PortRange {
                first: 50_000,
                last: 50_001,
            };
        },
        &[Row {
            name: "beside the range",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_002);
                play.active(49_999);
                play.passive(50_001);
            },
            notes: &[
                "session_new",
                "refused passive server:50002 port_forbidden",
                "refused active client:49999 port_forbidden",
                "expectation_new passive server:50001",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::PortForbidden, 2)],
            state: &[
                "session 3/3 armed passive:50001",
                "expectation passive server:50001",
            ],
        }],
    );
}

#[test]
fn nothing_may_be_pending() {
    run(
        |rule| rule.pending = 0,
        &[Row {
            name: "the conversation is read, and nothing is expected",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
            },
            notes: &[
                "session_new",
                "refused passive server:50000 pending_forbidden",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::PendingForbidden, 1)],
            state: &["session 1/1"],
        }],
    );
}

#[test]
fn connections_that_are_not_tracked() {
    run(
        |rule| rule.action = Action::Ignore as u8,
        &[Row {
            name: "ignored",
            cells: WHOLE,
            play: |play| {
                play.open();
            },
            notes: &[],
            counts: &[(Reason::IgnoredByPolicy, 1)],
            state: &[],
        }],
    );
    run(
        |rule| rule.action = Action::Refuse as u8,
        &[Row {
            name: "refused",
            cells: WHOLE,
            play: |play| {
                Data::passive(play, 21).syn(play);
            },
            notes: &["dropped server:21 refused_by_policy", "drop"],
            counts: &[(Reason::RefusedByPolicy, 1)],
            state: &[],
        }],
    );
    run(
        |rule| rule.control_ports = [2121; 16],
        &[Row {
            name: "a port that is one of control between others only",
            cells: WHOLE,
            play: |play| {
                Data::passive(play, 21).syn(play);
            },
            notes: &["dropped server:21 unexpected", "drop"],
            counts: &[(Reason::Unexpected, 1)],
            state: &[],
        }],
    );
}

/// A control connection is under the new rule from its next segment on, what it has announced is
/// judged by the new rule, and what is admitted goes on.
#[test]
fn another_policy() {
    run(
        |_| {},
        &[
            Row {
                name: "forbids what is announced already",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    let mut rule = open();
                    rule.passive = 0;
                    play.tracker.configure(&[rule]);
                    Data::passive(play, 50_000).syn(play);
                    play.tracker.configure(&[open()]);
                    Data::passive(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new passive server:50000",
                    "dropped server:50000 unexpected",
                    "drop",
                    "expectation_used passive server:50000 used",
                    "flow_new passive server:50000 expected",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::Expected, 1),
                    (Reason::Unexpected, 1),
                    (Reason::PassiveForbidden, 1),
                ],
                state: &[
                    "session 1/1 used passive:50000",
                    "expectation passive server:50000",
                    "flow passive client>server:50000 1+0 opening",
                ],
            },
            Row {
                name: "leaves flows alone, and forbids the next one",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    let mut data = Data::passive(play, 50_000);
                    data.open(play);
                    let mut rule = open();
                    rule.action = Action::Refuse as u8;
                    play.tracker.configure(&[rule]);
                    data.send(play, Responder, 1000);
                    data.finish(play, Responder);
                    data.finish(play, Initiator);
                    data.send(play, Responder, 0);
                    play.passive(50_001);
                },
                notes: &[
                    "session_new",
                    "expectation_new passive server:50000",
                    "expectation_used passive server:50000 used",
                    "flow_new passive server:50000 expected",
                    "flow_end passive server:50000 finished",
                    "refused passive server:50001 policy_changed",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::Expected, 1),
                    (Reason::Related, 6),
                    (Reason::Finished, 1),
                    (Reason::PolicyChanged, 1),
                ],
                state: &["session 2/2", "flow passive client>server:50000 3+4 ended"],
            },
            Row {
                name: "has no rule for it any more",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    let mut rule = open();
                    rule.control_ports = [990; 16];
                    play.tracker.configure(&[rule]);
                    play.passive(50_000);
                },
                notes: &[
                    "session_new",
                    "refused passive server:50000 passive_forbidden",
                ],
                counts: &[(Reason::ControlPort, 1), (Reason::PassiveForbidden, 1)],
                state: &["session 1/1"],
            },
        ],
    );
}
