//! PASV and EPSV: the client connects to the server.

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::Data,
    play::{FromClient, FromServer},
    row::{self, EVERYWHERE, Row, WHOLE},
};

#[test]
fn transfers() {
    row::run(&[
        Row {
            name: "from the handshake to the end of everything",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.ask("USER a", "331 more");
                play.ask("PASS b", "230 in");
                play.passive(50_000);
                play.client("RETR file");
                let mut data = Data::passive(play, 50_000);
                data.transfer(play);
                play.server("150 coming");
                play.server("226 done");
                play.ask("QUIT", "221 bye");
                play.finish(FromServer);
                play.finish(FromClient);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 finished",
                "session_end control_closed",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 7),
                (Reason::Finished, 1),
                (Reason::AfterEnd, 1),
            ],
            state: &[
                "session 5/5 ended",
                "flow passive client>server:50000 4+4 ended",
            ],
        },
        Row {
            name: "on the other control port",
            cells: WHOLE,
            play: |play| {
                play.control.server.set_port(2121);
                play.greet();
                play.passive(50_000);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "one after the other, each on its own port",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                for port in [50_000, 50_001, 50_002] {
                    play.passive(port);
                    Data::passive(play, port).transfer(play);
                }
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 finished",
                "expectation_new passive server:50001",
                "expectation_used passive server:50001 used",
                "flow_new passive server:50001 expected",
                "flow_end passive server:50001 finished",
                "expectation_new passive server:50002",
                "expectation_used passive server:50002 used",
                "flow_new passive server:50002 expected",
                "flow_end passive server:50002 finished",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 3),
                (Reason::Related, 21),
                (Reason::Finished, 3),
            ],
            state: &[
                "session 3/3 used passive:50002",
                "expectation passive server:50002",
                "flow passive client>server:50000 4+4 ended",
                "flow passive client>server:50001 4+4 ended",
                "flow passive client>server:50002 4+4 ended",
            ],
        },
        Row {
            name: "a new one replaces what waits",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.passive(50_001);
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 replaced",
                "expectation_new passive server:50001",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 1)],
            state: &[
                "session 2/2 armed passive:50001",
                "expectation passive server:50001",
            ],
        },
        Row {
            name: "the server does not connect to itself, nor the server to the client",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::active(play, 50_000);
                data.syn(play);
                data.ends[1].set_ip(play.control.server.ip());
                data.syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "dropped client:50000 unexpected",
                "drop",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Unexpected, 2)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
