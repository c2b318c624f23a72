//! Who answers what (rules 6, 7, 8, 13 and 14).

use ftp_track_tests::lab::Family::{V4, V6};

use super::{Row, run};

#[test]
fn pairing() {
    run(&[
        Row {
            name: "a multi-line reply counts once, its inner lines never",
            family: V4,
            script: r"
                < 220-welcome\n227 ({S},195,80)\n220 ready
                > STAT
                > PASV
                < 211-status\n227 ({S},195,80)\n 211 not the end\n211 end
                - passive 50000
                < 227 ({S},195,81)
                + passive 50001",
            counted: &["expected"],
        },
        Row {
            name: "preliminary replies answer nothing",
            family: V4,
            script: "
                < 220 ready
                > PORT {C},195,80
                < 150 not an answer
                - active 50000
                < 200 now
                + active 50000",
            counted: &["before_answer", "expected"],
        },
        Row {
            name: "forty commands outstanding, then PORT",
            family: V4,
            script: r"
                < 220 ready
                > NOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP\nNOOP
                > PORT {C},195,80
                < 200 1\n200 2\n200 3\n200 4\n200 5\n200 6\n200 7\n200 8\n200 9\n200 10\n200 11\n200 12\n200 13\n200 14\n200 15\n200 16\n200 17\n200 18\n200 19\n200 20\n200 21\n200 22\n200 23\n200 24\n200 25\n200 26\n200 27\n200 28\n200 29\n200 30\n200 31\n200 32\n200 33\n200 34\n200 35\n200 36\n200 37\n200 38\n200 39\n200 40
                - active 50000
                < 500 to PORT
                - active 50000",
            counted: &["refused_by_server"],
        },
        Row {
            name: "two replies to ABOR, then PASV",
            family: V4,
            script: "
                < 220 ready
                > RETR file
                < 150 coming
                > ABOR
                < 426 broken off
                < 226 aborted
                > PASV
                < 227 ({S},195,80)
                + passive 50000",
            counted: &["expected"],
        },
        Row {
            name: "a 227 that nobody asked for",
            family: V4,
            script: "
                < 220 ready
                < 227 ({S},195,80)
                - passive 50000
                > NOOP
                < 227 ({S},195,80)
                - passive 50000",
            counted: &["unrequested_passive"],
        },
        Row {
            name: "a stray positive reply does not use PASV up, a negative one does",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 200 stray
                < 227 ({S},195,80)
                + passive 50000
                > PASV
                < 425 no
                < 227 ({S},195,81)
                - passive 50001",
            counted: &["stray_reply", "refused_by_server"],
        },
        Row {
            name: "PASV answered by 229, EPSV by 227",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 229 ok (|||50000|)
                + passive 50000
                > EPSV
                < 227 ({S},195,81)
                + passive 50001",
            counted: &["expected"],
        },
        Row {
            name: "PORT counts when it is accepted",
            family: V4,
            script: "
                < 220 ready
                > PORT {C},195,80
                - active 50000
                < 500 no
                - active 50000
                > PORT {C},195,81
                < 200 yes
                + active 50001",
            counted: &["before_answer", "refused_by_server", "expected"],
        },
        Row {
            name: "421 ends what was announced",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                < 421 closing
                - passive 50000",
            counted: &["unexpected"],
        },
    ]);
}

#[test]
fn replaced_and_secured() {
    run(&[
        Row {
            name: "a newer one takes the place of what waits",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                > PORT {C},195,81
                < 200 ok
                - passive 50000
                + active 50001",
            counted: &["expected"],
        },
        Row {
            name: "REIN ends it",
            family: V6,
            script: "
                < 220 ready
                > EPSV
                < 229 ok (|||50000|)
                > REIN
                < 220 again
                - passive 50000",
            counted: &["unexpected"],
        },
        Row {
            name: "QUIT ends it",
            family: V4,
            script: "
                < 220 ready
                > PASV
                < 227 ({S},195,80)
                > QUIT
                < 221 bye
                - passive 50000",
            counted: &["unexpected"],
        },
        Row {
            name: "after AUTH nothing is read",
            family: V4,
            script: "
                < 220 ready
                > AUTH TLS
                < 234 go on
                > PASV
                < 227 ({S},195,80)
                - passive 50000",
            counted: &["opaque"],
        },
        Row {
            name: "a refused AUTH leaves it clear",
            family: V4,
            script: "
                < 220 ready
                > AUTH TLS
                < 530 no
                > PASV
                < 227 ({S},195,80)
                + passive 50000",
            counted: &["expected"],
        },
    ]);
}
