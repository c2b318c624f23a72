//! Servers that connect before they answer PORT (see `ftp_track_common::invitation`).

use std::{thread::sleep, time::Duration};

use ftp_track_common::{invitation::PATIENCE, reason::Reason};

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer, Play},
    row::{self, ENFORCE, OBSERVE, Row, WHOLE},
    tracker::Verdict,
};

/// The client's PORT or EPRT, to which there is no answer yet.
fn invite(play: &mut Play<'_>, port: u16) {
    let command = play.active_command(play.control.client.ip(), port);
    play.client(&command);
}

#[test]
fn before_the_answer() {
    row::run(&[
        Row {
            name: "dropped until the answer comes",
            cells: ENFORCE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                let data = Data::active(play, 50_000);
                assert_eq!(data.syn(play), Verdict::Drop);
                assert_eq!(data.syn(play), Verdict::Drop);
                play.server("200 done");
                assert_eq!(data.syn(play), Verdict::Pass);
            },
            notes: &[
                "session_new",
                "dropped client:50000 unexpected",
                "drop",
                "dropped client:50000 unexpected",
                "drop",
                "expectation_new active client:50000",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::BeforeAnswer, 2),
                (Reason::Unexpected, 2),
                (Reason::Expected, 1),
            ],
            state: &[
                "session 1/1 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 1+0 opening",
            ],
        },
        Row {
            name: "admitted once it has insisted",
            cells: ENFORCE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                let data = Data::active(play, 50_000);
                assert_eq!(data.syn(play), Verdict::Drop);
                sleep(Duration::from_nanos(PATIENCE));
                assert_eq!(data.syn(play), Verdict::Pass);
                play.server("200 done");
            },
            notes: &[
                "session_new",
                "dropped client:50000 unexpected",
                "drop",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::BeforeAnswer, 1),
                (Reason::Unexpected, 1),
                (Reason::Expected, 1),
            ],
            state: &[
                "session 1/1 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 1+0 opening",
            ],
        },
        Row {
            name: "seen at once where nothing is dropped",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                Data::active(play, 50_000).syn(play);
                play.server("200 done");
            },
            notes: &[
                "session_new",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Expected, 1)],
            state: &[
                "session 1/1 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 1+0 opening",
            ],
        },
        Row {
            name: "used without an answer, it goes with its connection",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                Data::active(play, 50_000).syn(play);
                play.server("200 done");
                play.reset(FromServer);
            },
            notes: &[
                "session_new",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
                "session_end control_reset",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Expected, 1)],
            state: &[
                "session 1/1 ended",
                "flow active server>client:50000 1+0 opening",
            ],
        },
        Row {
            name: "refused by the client, it may be used again",
            cells: OBSERVE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                let mut data = Data::active(play, 50_000);
                data.syn(play);
                data.refuse(play);
                data.ends[0].set_port(61_000);
                data.syn(play);
            },
            notes: &[
                "session_new",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
                "flow_end active client:50000 first_attempt_reset",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::FirstAttemptReset, 1),
                (Reason::Related, 1),
                (Reason::Expected, 2),
            ],
            state: &[
                "session 1/0 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 1+0 opening",
                "flow active server>client:50000 1+1 ended",
            ],
        },
        Row {
            name: "another port than the one in the command",
            cells: WHOLE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                Data::active(play, 50_001).syn(play);
            },
            notes: &["session_new", "dropped client:50001 unexpected", "drop"],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
            state: &["session 1/0", "invited client:50000"],
        },
        Row {
            name: "the server refuses: the invitation goes",
            cells: WHOLE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                play.server("425 no");
                Data::active(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "refused active client:50000 refused_by_server",
                "dropped client:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::RefusedByServer, 1),
                (Reason::Unexpected, 1),
            ],
            state: &["session 1/1"],
        },
        Row {
            name: "voided by the next command as soon as it is accepted: the invitation goes",
            cells: WHOLE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                let bounce = play.active_command(play.control.server.ip(), 50_001);
                play.client(&bounce);
                play.server("200 to the first");
            },
            notes: &["session_new", "refused active client:50001 bounce"],
            counts: &[(Reason::ControlPort, 1), (Reason::Bounce, 1)],
            state: &["session 2/1"],
        },
        Row {
            name: "the connection goes: so does the invitation",
            cells: WHOLE,
            play: |play| {
                play.greet();
                invite(play, 50_000);
                play.reset(FromClient);
            },
            notes: &["session_new", "session_end control_reset"],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 1/1 ended"],
        },
    ]);
}
