//! Peers that say what is not theirs to say (rules 10, 11 and 12).

use ftp_track_tests::lab::Family::{V4, V6};

use super::{Row, run};

#[test]
fn bounces_and_ports() {
    run(&[
        Row {
            name: "PORT with another host's address",
            family: V4,
            script: "
                < 220 ready
                > PORT {S},195,80
                < 200 ok
                - active 50000
                > PORT 192,0,2,1,195,80
                < 200 ok
                - active 50000",
            counted: &["bounce"],
        },
        Row {
            name: "EPRT with another host's address",
            family: V6,
            script: "
                < 220 ready
                > EPRT |2|{s}|50000|
                < 200 ok
                - active 50000
                > EPRT |1|192.0.2.2|50000|
                < 200 ok
                - active 50000",
            counted: &["bounce"],
        },
        Row {
            name: "the address in a 227 is not believed",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 (10,1,2,3,195,80)
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "ports below 1024",
            family: V4,
            script: "
                < 220 ready
                > PORT {C},3,255
                < 200 ok
                - active 1023
                > PASV
                < 227 ({S},0,22)
                - passive 22
                > PORT {C},4,0
                < 200 ok
                + active 1024",
            counted: &["low_port", "expected"],
        },
        Row {
            name: "PORT and PASV after EPSV ALL",
            family: V4,
            script: "
                < 220 ready
                > EPSV ALL
                < 200 ok
                > PORT {C},195,80
                < 200 ok
                - active 50000
                > PASV
                < 227 ({S},195,80)
                - passive 50000
                > EPSV
                < 229 (|||50001|)
                + passive 50001",
            counted: &["after_epsv_all", "expected"],
        },
    ]);
}

#[test]
fn not_ftp() {
    run(&[
        Row {
            name: "a browser that was made to post a PORT",
            family: V4,
            script: r"
                > POST / HTTP/1.1\nHost: x\n\nPORT {C},195,80
                < 220 ready
                < 200 ok
                - active 50000",
            counted: &["not_ftp", "unexpected"],
        },
        Row {
            name: "a browser that waits for the greeting",
            family: V4,
            script: r"
                < 220 ready
                > POST / HTTP/1.1\nPORT {C},195,80
                < 500 what?\n500 what?\n200 ok
                - active 50000",
            counted: &["not_ftp", "unexpected"],
        },
        Row {
            name: "a command in the server's mouth, a reply in the client's",
            family: V4,
            script: r"
                < 220 ready
                > NOOP\n227 ({S},195,80)
                < PORT {C},195,81\n200 ok\n200 ok
                - passive 50000
                - active 50001",
            counted: &["not_a_reply", "unexpected"],
        },
        Row {
            name: "a verb that only begins like PORT",
            family: V4,
            script: "
                < 220 ready
                > PORTX {C},195,80
                < 200 ok
                - active 50000",
            counted: &["unexpected"],
        },
        Row {
            name: "a PORT inside of another command's argument",
            family: V4,
            script: r"
                < 220 ready
                > CWD a\x0dPORT {C},195,80
                < 200 ok
                - active 50000",
            counted: &["unexpected"],
        },
    ]);
}
