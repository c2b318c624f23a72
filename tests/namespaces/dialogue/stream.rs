//! Lines as they may come (rules 1, 4, 5 and 9).

use ftp_track_tests::lab::Family::{V4, V6};

use super::{Row, run, run_older};

#[test]
fn lines() {
    run(&[
        Row {
            name: "a PORT byte by byte, and its answer in three parts",
            family: V4,
            script: r"
                < 220 ready
                > P~
                > O~
                > RT {C},195~
                > ,80\x0d~
                > \x0a~
                < 2~
                < 00 o~
                < k
                + active 50000",
            counted: &["expected"],
        },
        Row {
            name: "everything of one side in one segment",
            family: V4,
            script: r"
                < 220 ready
                > USER a\nPASS b\nNOOP\nPASV
                < 331 b?\n230 in\n200 ok\n227 Entering Passive Mode ({S},195,80)
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "lines that end with LF alone",
            family: V4,
            script: "
                < 220 ready$
                > PASV$
                < 227 ({S},195,80)$
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "a PORT inside of a long argument",
            family: V4,
            script: concat!(
                "< 220 ready\n> STOR ",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "PORT {C},195,80\n< 550 no\n> PASV\n< 227 ({S},195,80)\n- active 50000\n+ passive 50000"
            ),
            counted: &["expected"],
        },
        Row {
            name: "ABOR behind Telnet's IP and Synch",
            family: V4,
            script: r"
                < 220 ready
                > \xff\xf4\xff\xf2ABOR
                < 226 nothing to abort
                > PASV
                < 227 ({S},195,80)
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "leading zeros, and verbs in any case",
            family: V4,
            script: "
                < 220 ready
                > pOrT {C},00195,080
                < 200 ok
                + active 50000",
            counted: &["expected"],
        },
        Row {
            name: "a 227 without parentheses and with spaces",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 Entering Passive Mode. {S}, 195, 80
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "numbers that would wrap",
            family: V4,
            script: "
                < 220 ready
                > PORT {C},451,80
                < 200 ok
                - active 50000
                > PASV
                < 227 ({S},195,336)
                - passive 50000",
            counted: &["malformed_command", "malformed_reply"],
        },
        Row {
            name: "EPRT and EPSV with other delimiters",
            family: V6,
            script: "
                < 220 ready
                > EPRT !2!{c}!50000!
                < 200 ok
                + active 50000
                > EPSV
                < 229 ok (for you) (###50001#)
                + passive 50001",
            counted: &["expected"],
        },
        Row {
            name: "what does not parse makes nothing, and passes",
            family: V6,
            script: "
                < 220 ready
                > EPRT |2|{c}|50000
                < 200 ok
                - active 50000
                > EPSV
                < 229 ok (|||70000|)
                - passive 4464",
            counted: &["malformed_command", "malformed_reply"],
        },
    ]);
}

#[test]
fn older_than_the_tracker() {
    run_older(
        "picked up at the next line",
        "< 220 ready\n> USER a\n< 331 b?\n> PASS b\n< 230 in",
        "> PASV\n< 227 ({S},195,80)\n+ passive 50000\n> NOOP\n< 200 ok\n> PORT {C},195,81\n< 200 ok\n+ active 50001",
    );
}
