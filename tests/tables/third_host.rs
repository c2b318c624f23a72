//! Third hosts (FXP): data connections between two servers, which the rule has to permit.

use std::net::SocketAddr;

use ftp_track_common::{
    flow::Side::{Initiator, Responder},
    prefix::Prefix,
    reason::Reason,
    rule::Rule,
};

use crate::harness::{
    data::Data,
    play::{Play, THIRD_HOSTS},
    pool,
    row::{self, Row, WHOLE},
    segment::address,
    tracker::open,
};

fn run(change: impl FnOnce(&mut Rule), rows: &[Row]) {
    let mut rule = open();
    for (place, host) in rule.fxp.iter_mut().zip(THIRD_HOSTS) {
        *place = Prefix::host(&address(host));
    }
    rule.fxp_count = THIRD_HOSTS.len() as u8;
    change(&mut rule);
    row::run_with(&mut pool::tracker(), &[rule], rows);
}

/// PORT or EPRT with the third host, accepted.
fn name_third(play: &mut Play<'_>, port: u16) {
    let command = play.active_command(play.third(), port);
    play.ask(&command, "200 done");
}

/// The server's connection to `port` of the third host.
fn to_third(play: &Play<'_>, port: u16) -> Data {
    let mut data = Data::active(play, port);
    data.ends[1] = SocketAddr::new(play.third(), port);
    data
}

/// The third host's connection to `port` of the server.
fn from_third(play: &Play<'_>, port: u16) -> Data {
    let mut data = Data::passive(play, port);
    data.ends[0].set_ip(play.third());
    data
}

const TRANSFER: &[(Reason, u64)] = &[
    (Reason::ControlPort, 1),
    (Reason::ThirdHost, 1),
    (Reason::Expected, 1),
    (Reason::Related, 7),
    (Reason::Finished, 1),
];

#[test]
fn permitted() {
    run(
        |_| {},
        &[
            Row {
                name: "the server connects to the third host, once",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 50_000);
                    to_third(play, 50_000).transfer(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active third:50000",
                    "expectation_used active third:50000 used",
                    "flow_new active third:50000 expected",
                    "flow_end active third:50000 finished",
                ],
                counts: TRANSFER,
                state: &[
                    "session 1/1 used active:50000",
                    "expectation active third:50000",
                    "flow active server>third:50000 4+4 ended",
                ],
            },
            Row {
                name: "the third host comes in the client's place",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    from_third(play, 50_000).transfer(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new passive server:50000",
                    "expectation_used passive server:50000 used",
                    "flow_new passive server:50000 expected",
                    "flow_end passive server:50000 finished",
                ],
                counts: TRANSFER,
                state: &[
                    "session 1/1 used passive:50000",
                    "expectation passive server:50000",
                    "flow passive third>server:50000 4+4 ended",
                ],
            },
            Row {
                name: "the client itself may come, but not both",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    Data::passive(play, 50_000).syn(play);
                    from_third(play, 50_000).syn(play);
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
                    (Reason::AlreadyUsed, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &[
                    "session 1/1 used passive:50000",
                    "expectation passive server:50000",
                    "flow passive client>server:50000 1+0 opening",
                ],
            },
            Row {
                name: "a new PORT takes its place in the map",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 50_000);
                    play.active(50_001);
                    to_third(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active third:50000",
                    "expectation_end active third:50000 replaced",
                    "expectation_new active client:50001",
                    "dropped third:50000 unexpected",
                    "drop",
                ],
                counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
                state: &[
                    "session 2/2 armed active:50001",
                    "expectation active client:50001",
                ],
            },
            Row {
                name: "the end of the control connection ends it",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    play.reset(crate::harness::play::FromClient);
                    from_third(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new passive server:50000",
                    "expectation_end passive server:50000 control_reset",
                    "session_end control_reset",
                    "dropped server:50000 unexpected",
                    "drop",
                ],
                counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
                state: &["session 1/1 ended"],
            },
            Row {
                name: "a first attempt that is refused may be repeated",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 50_000);
                    let data = to_third(play, 50_000);
                    data.syn(play);
                    data.clone().refuse(play);
                    let mut again = to_third(play, 50_000);
                    again.next[0] = 1;
                    again.syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active third:50000",
                    "expectation_used active third:50000 used",
                    "flow_new active third:50000 expected",
                    "flow_end active third:50000 first_attempt_reset",
                    "expectation_used active third:50000 used",
                    "flow_new active third:50000 expected",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::ThirdHost, 2),
                    (Reason::FirstAttemptReset, 1),
                    (Reason::Expected, 2),
                    (Reason::Related, 1),
                ],
                state: &[
                    "session 1/1 used active:50000",
                    "expectation active third:50000",
                    "flow active server>third:50000 1+0 opening",
                ],
            },
        ],
    );
}

#[test]
fn not_permitted() {
    run(
        |_| {},
        &[
            Row {
                name: "a host that is not in the list does not come to the server's port",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    play.passive(50_000);
                    let mut stranger = from_third(play, 50_000);
                    stranger.ends[0].set_ip(match play.third() {
                        std::net::IpAddr::V4(_) => "10.9.0.10".parse().expect("IPv4"),
                        std::net::IpAddr::V6(_) => "2001:db8:9::10".parse().expect("IPv6"),
                    });
                    stranger.syn(play);
                    from_third(play, 50_000).syn(play);
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
                    (Reason::ThirdHost, 1),
                    (Reason::Stranger, 1),
                    (Reason::Expected, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &[
                    "session 1/1 used passive:50000",
                    "expectation passive server:50000",
                    "flow passive third>server:50000 1+0 opening",
                ],
            },
            Row {
                name: "a port below 1024 of the third host",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 22);
                    to_third(play, 22).syn(play);
                },
                notes: &[
                    "session_new",
                    "refused active client:22 low_port",
                    "dropped third:22 unexpected",
                    "drop",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::LowPort, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &["session 1/1"],
            },
            Row {
                name: "the third host to the client, or the client to the third host",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 50_000);
                    let mut data = to_third(play, 50_000);
                    data.ends[0].set_ip(play.control.client.ip());
                    data.interfaces.reverse();
                    data.syn(play);
                    let mut data = Data::active(play, 50_000);
                    data.ends[0].set_ip(play.third());
                    data.syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active third:50000",
                    "dropped third:50000 unexpected",
                    "drop",
                    "dropped client:50000 unexpected",
                    "drop",
                ],
                counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 2)],
                state: &[
                    "session 1/1 armed active:50000",
                    "expectation active third:50000",
                ],
            },
            Row {
                name: "what another policy no longer permits",
                cells: WHOLE,
                play: |play| {
                    play.greet();
                    name_third(play, 50_000);
                    play.tracker.configure(&[open()]);
                    to_third(play, 50_000).syn(play);
                },
                notes: &[
                    "session_new",
                    "expectation_new active third:50000",
                    "dropped third:50000 unexpected",
                    "drop",
                ],
                counts: &[
                    (Reason::ControlPort, 1),
                    (Reason::Stranger, 1),
                    (Reason::Unexpected, 1),
                ],
                state: &[
                    "session 1/1 armed active:50000",
                    "expectation active third:50000",
                ],
            },
        ],
    );
    run(
        |rule| rule.fxp_count = 0,
        &[Row {
            name: "nobody, where there is no list",
            cells: WHOLE,
            play: |play| {
                play.greet();
                name_third(play, 50_000);
                to_third(play, 50_000).syn(play);
                play.passive(50_001);
                from_third(play, 50_001).syn(play);
                let mut data = Data::passive(play, 50_001);
                data.open(play);
                data.send(play, Responder, 10);
                data.finish(play, Initiator);
            },
            notes: &[
                "session_new",
                "refused active client:50000 bounce",
                "dropped third:50000 unexpected",
                "drop",
                "expectation_new passive server:50001",
                "dropped server:50001 unexpected",
                "drop",
                "expectation_used passive server:50001 used",
                "flow_new passive server:50001 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Bounce, 1),
                (Reason::Expected, 1),
                (Reason::Related, 4),
                (Reason::Unexpected, 2),
            ],
            state: &[
                "session 2/2 used passive:50001",
                "expectation passive server:50001",
                "flow passive client>server:50001 3+2 established",
            ],
        }],
    );
}
