//! AUTH (rule 13) and EPSV ALL (rule 11).

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::Data,
    play::FromClient,
    row::{self, EVERYWHERE, Row, V4, WHOLE},
};

#[test]
fn auth() {
    row::run(&[
        Row {
            name: "accepted: nothing is read any more, nor held back",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.ask("AUTH TLS", "234 go");
                play.passive(50_001);
                play.lose(FromClient, 100);
                play.client("NOOP");
                Data::passive(play, 50_000).syn(play);
                Data::passive(play, 50_001).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 secured_by_auth",
                "dropped server:50000 unexpected",
                "drop",
                "dropped server:50001 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Opaque, 3),
                (Reason::Unexpected, 2),
            ],
            state: &["session 2/2 opaque"],
        },
        Row {
            name: "accepted in the middle of a segment: the rest is not read",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client("AUTH TLS");
                play.client(play.passive_command());
                let reply = play.passive_reply(50_000);
                play.server(&format!("234 go\r\n{reply}"));
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1)],
            state: &["session 2/1 opaque"],
        },
        Row {
            name: "refused: it stays clear",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask("AUTH TLS", "504 no");
                play.ask("AUTH SSL", "334 more");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 3/3 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "234 without AUTH says nothing",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask("NOOP", "234 go");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}

#[test]
fn epsv_all() {
    row::run(&[
        Row {
            name: "accepted: PORT, EPRT and PASV are refused, EPSV is not",
            cells: V4,
            play: |play| {
                play.greet();
                play.ask("EPSV ALL", "200 ok");
                play.passive(50_000);
                play.active(50_001);
                play.ask("EPRT |1|10.0.0.1|50002|", "200 ok");
                play.ask("EPSV", "229 ok (|||50003|)");
            },
            notes: &[
                "session_new",
                "refused passive server:50000 after_epsv_all",
                "refused active client:50001 after_epsv_all",
                "refused EPRT client:50002 after_epsv_all",
                "expectation_new EPSV server:50003",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::AfterEpsvAll, 3)],
            state: &[
                "session 5/5 armed EPSV:50003 epsv_all",
                "expectation EPSV server:50003",
            ],
        },
        Row {
            name: "refused: nothing changes",
            cells: V4,
            play: |play| {
                play.greet();
                play.ask("EPSV ALL", "500 what");
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 2/2 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
