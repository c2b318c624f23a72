//! PORT and EPRT: the server connects to the client (rules 8 to 11).

use ftp_track_common::reason::Reason;

use crate::harness::{
    data::Data,
    play::Play,
    row::{self, EVERYWHERE, Row, V4, V6},
};

#[test]
fn transfers() {
    row::run(&[
        Row {
            name: "from the handshake to the end of the flow",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.active(50_000);
                play.client("RETR file");
                play.server("150 coming");
                Data::active(play, 50_000).transfer(play);
                play.server("226 done");
            },
            notes: &[
                "session_new",
                "expectation_new active client:50000",
                "expectation_used active client:50000 used",
                "flow_new active client:50000 expected",
                "flow_end active client:50000 finished",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 7),
                (Reason::Finished, 1),
            ],
            state: &[
                "session 2/2 used active:50000",
                "expectation active client:50000",
                "flow active server>client:50000 4+4 ended",
            ],
        },
        Row {
            name: "the server may use any port of its own",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.active(50_000);
                let mut data = Data::active(play, 50_000);
                data.ends[0].set_port(61_000);
                data.syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new active client:50000",
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
            name: "a refused one makes nothing",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                let command = play.active_command(play.control.client.ip(), 50_000);
                play.ask(&command, "500 no");
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
            name: "EPRT with an IPv4 address",
            cells: V4,
            play: |play| {
                play.greet();
                play.ask("eprt |1|10.0.0.1|50000|", "200 done");
            },
            notes: &["session_new", "expectation_new EPRT client:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed EPRT:50000",
                "expectation EPRT client:50000",
            ],
        },
        Row {
            name: "EPRT with the long form of the address, and other delimiters",
            cells: V6,
            play: |play| {
                play.greet();
                play.ask("EPRT !2!2001:0DB8:0001:0:0:0:0.0.0.1!50000!", "200 done");
            },
            notes: &["session_new", "expectation_new active client:50000"],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 1/1 armed active:50000",
                "expectation active client:50000",
            ],
        },
        Row {
            name: "PASV takes the place of PORT, and PORT that of PASV",
            cells: EVERYWHERE,
            play: |play| {
                play.greet();
                play.active(50_000);
                play.passive(50_001);
                play.active(50_002);
            },
            notes: &[
                "session_new",
                "expectation_new active client:50000",
                "expectation_end active client:50000 replaced",
                "expectation_new passive server:50001",
                "expectation_end passive server:50001 replaced",
                "expectation_new active client:50002",
            ],
            counts: &[(Reason::ControlPort, 1)],
            state: &[
                "session 3/3 armed active:50002",
                "expectation active client:50002",
            ],
        },
    ]);
}

/// A row in which one command, answered positively, is refused.
fn refused(
    name: &'static str,
    cells: row::Cells,
    play: fn(&mut Play<'_>),
    notes: &'static [&'static str],
    counts: &'static [(Reason, u64)],
) -> Row {
    Row {
        name,
        cells,
        play,
        notes,
        counts,
        state: &["session 1/1"],
    }
}

#[test]
fn addresses_and_ports() {
    const BOUNCE: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::Bounce, 1)];
    const LOW: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::LowPort, 1)];
    row::run(&[
        refused(
            "another host's address",
            V4,
            |play| {
                play.greet();
                play.ask("PORT 10,0,0,2,195,80", "200 done");
            },
            &["session_new", "refused active client:50000 bounce"],
            BOUNCE,
        ),
        refused(
            "the server's own address",
            EVERYWHERE,
            |play| {
                play.greet();
                let command = play.active_command(play.control.server.ip(), 50_000);
                play.ask(&command, "200 done");
            },
            &["session_new", "refused active client:50000 bounce"],
            BOUNCE,
        ),
        refused(
            "another family's address",
            V6,
            |play| {
                play.greet();
                play.ask("EPRT |1|10.0.0.1|50000|", "200 done");
            },
            &["session_new", "refused active client:50000 bounce"],
            BOUNCE,
        ),
        refused(
            "a low port",
            EVERYWHERE,
            |play| {
                play.greet();
                play.active(1023);
            },
            &["session_new", "refused active client:1023 low_port"],
            LOW,
        ),
        refused(
            "port 0",
            EVERYWHERE,
            |play| {
                play.greet();
                play.active(0);
            },
            &["session_new", "refused active client:0 low_port"],
            LOW,
        ),
    ]);
}

#[test]
fn malformed() {
    const NOTES: &[&str] = &["session_new", "refused active client:0 malformed_command"];
    const COUNTS: &[(Reason, u64)] = &[(Reason::ControlPort, 1), (Reason::MalformedCommand, 1)];
    row::run(&[
        refused(
            "no argument",
            V4,
            |play| {
                play.greet();
                play.ask("PORT", "200 done");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "five numbers",
            V4,
            |play| {
                play.greet();
                play.ask("PORT 10,0,0,1,195", "200 done");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "a number that would wrap to the right one",
            V4,
            |play| {
                play.greet();
                play.ask("PORT 10,0,0,1,195,336", "200 done");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "a number that would wrap in 32 bits",
            V4,
            |play| {
                play.greet();
                play.ask("PORT 4294967306,0,0,1,195,80", "200 done");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "letters",
            V4,
            |play| {
                play.greet();
                play.ask("PORT a,b,c,d,e,f", "200 done");
            },
            NOTES,
            COUNTS,
        ),
        refused(
            "EPRT without its delimiters",
            V4,
            |play| {
                play.greet();
                play.ask("EPRT 1 10.0.0.1 50000", "200 done");
            },
            &["session_new", "refused EPRT client:0 malformed_command"],
            COUNTS,
        ),
    ]);
}
