//! How long an announcement holds, and for whom (rules 15 and 17).

use ftp_track_tests::lab::Family::{V4, V6};

use super::{Row, run};

#[test]
fn one_shot() {
    run(&[
        Row {
            name: "used once",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                + passive 50000
                - passive 50000",
            counted: &["expected", "already_used"],
        },
        Row {
            name: "not the other way, and not on the ports beside it",
            family: V6,
            script: "
                < 220 ready
                > EPSV
                < 229 (|||50000|)
                - active 50000
                - passive 49999
                - passive 50001
                + passive 50000",
            counted: &["expected", "unexpected"],
        },
        Row {
            name: "refused by the server, it may be used again",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                ! refuse passive 50000
                + passive 50000",
            counted: &["first_attempt_reset", "expected"],
        },
        Row {
            name: "it dies with its control connection: FIN",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                ! fin server
                - passive 50000",
            counted: &["unexpected"],
        },
        Row {
            name: "it dies with its control connection: RST",
            family: V6,
            script: "
                < 220 ready
                > EPSV
                < 229 (|||50000|)
                ! rst client
                - passive 50000",
            counted: &["unexpected"],
        },
        Row {
            name: "what the client asked before its FIN is still answered",
            family: V4,
            script: r"
                < 220 ready
                > PASV\nLIST
                < 227 ({S},195,80)
                ! fin client
                + passive 50000",
            counted: &["expected"],
        },
    ]);
}
