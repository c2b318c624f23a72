//! AUTH (RFC 2228, RFC 4217): what is encrypted is not read.

use super::{Row, check};

#[test]
fn auth() {
    check(&[
        Row {
            name: "234 makes the connection opaque",
            transcript: r"
                < 220 ready
                > AUTH TLS
                < 234 go on
                > \x16\x03\x01\x00\x05PASV
                < 227 (192,0,2,1,19,137)
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "234 ends what was pending",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > AUTH TLS
                < 234 go on
                = ended PASV 5001 secured_by_auth",
        },
        Row {
            name: "nothing behind 234 in its own segment is read",
            transcript: r"
                < 220 ready
                > AUTH TLS
                > PASV
                < 234 go on\r\x0a227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a refused AUTH leaves it clear",
            transcript: "
                < 220 ready
                > AUTH TLS
                < 530 no
                > AUTH SSL
                < 504 no
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "234 to something else means nothing",
            transcript: "
                < 220 ready
                > NOOP
                < 234 strange
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "AUTH that asks for more (334) is not there yet",
            transcript: "
                < 220 ready
                > AUTH GSSAPI
                < 334 send ADAT
                > ADAT xyz
                < 535 failed
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "AUTH pipelined with other commands pairs by order",
            transcript: "
                < 220 ready
                > NOOP
                > AUTH TLS
                < 200 ok
                < 500 no
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "the end of an encrypted connection is seen",
            transcript: r"
                < 220 ready
                > AUTH TLS
                < 234 go on
                > \x15\x03\x03~
                ! fin client
                < \x15\x03\x03~
                ! fin server",
        },
    ]);
}

#[test]
fn protected_replies() {
    check(&[Row {
        name: "6yz is a final reply (RFC 2228, 5)",
        transcript: "
            < 220 ready
            > AUTH GSSAPI
            < 334 send ADAT
            > ADAT xyz
            < 235 done
            > MIC abcd
            < 631 efgh
            > CCC
            < 632 ijkl
            > PORT 10,0,0,1,19,137
            < 200 ok
            = made PORT 5001",
    }]);
}
