//! EPSV, its 229 and EPSV ALL (RFC 2428, 3 and 4).

use super::{Row, check};

#[test]
fn answers() {
    check(&[
        Row {
            name: "EPSV over IPv6",
            transcript: "
                ! ipv6
                < 220 ready
                > EPSV
                < 229 Entering Extended Passive Mode (|||5001|)
                = made EPSV 5001",
        },
        Row {
            name: "EPSV with an argument",
            transcript: "
                < 220 ready
                > EPSV 1
                < 229 ok (|||5001|)
                = made EPSV 5001
                > EPSV 2
                = ended EPSV 5001 replaced
                < 522 not supported, use (1)
                = refused EPSV 0 refused_by_server",
        },
        Row {
            name: "PASV answered by 229, EPSV by 227",
            transcript: "
                < 220 ready
                > PASV
                < 229 ok (|||5001|)
                = made PASV 5001
                > EPSV
                = ended PASV 5001 replaced
                < 227 ok (192,0,2,1,19,138)
                = made EPSV 5002",
        },
        Row {
            name: "EPSV refused, then PASV (the way of curl and ftplib)",
            transcript: "
                < 220 ready
                > EPSV
                < 500 EPSV not understood
                = refused EPSV 0 refused_by_server
                > PASV
                < 227 ok (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "a 229 that holds no port, then PASV",
            transcript: "
                < 220 ready
                > EPSV
                < 229 Entering Extended Passive Mode (||5001|)
                = refused EPSV 0 malformed_reply
                > PASV
                < 227 ok (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "ports that do not exist, and low ones",
            transcript: "
                < 220 ready
                > EPSV
                < 229 (|||65536|)
                = refused EPSV 0 malformed_reply
                > EPSV
                < 229 (|||4294972297|)
                = refused EPSV 0 malformed_reply
                > EPSV
                < 229 (|||1023|)
                = refused EPSV 1023 low_port
                > EPSV
                < 229 (|||0|)
                = refused EPSV 0 low_port
                > EPSV
                < 229 (|||65535|)
                = made EPSV 65535",
        },
        Row {
            name: "a 229 without EPSV",
            transcript: "
                < 220 ready
                < 229 (|||5001|)
                = counted unrequested_passive",
        },
    ]);
}

#[test]
fn all() {
    check(&[
        Row {
            name: "after EPSV ALL, PORT, EPRT and PASV are refused",
            transcript: "
                < 220 ready
                > EPSV ALL
                < 200 EPSV ALL ok
                > PORT 10,0,0,1,19,137
                < 200 ok
                = refused PORT 5001 after_epsv_all
                > EPRT |1|10.0.0.1|5001|
                < 200 ok
                = refused EPRT 5001 after_epsv_all
                > PASV
                < 227 (192,0,2,1,19,137)
                = refused PASV 5001 after_epsv_all
                > EPSV
                < 229 (|||5001|)
                = made EPSV 5001",
        },
        Row {
            name: "EPSV may still be answered by 227",
            transcript: "
                < 220 ready
                > epsv all
                < 200 ok
                > EPSV
                < 227 (192,0,2,1,19,137)
                = made EPSV 5001",
        },
        Row {
            name: "EPSV ALL that was refused changes nothing",
            transcript: "
                < 220 ready
                > EPSV ALL
                < 501 no
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "EPSV ALL is not in force before it is accepted",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                > EPSV ALL
                < 200 ok
                = made PORT 5001
                < 200 ok
                > PASV
                = ended PORT 5001 replaced
                < 227 (192,0,2,1,19,137)
                = refused PASV 5001 after_epsv_all",
        },
        Row {
            name: "REIN takes EPSV ALL back",
            transcript: "
                < 220 ready
                > EPSV ALL
                < 200 ok
                > REIN
                < 120 soon
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "REIN that was refused does not",
            transcript: "
                < 220 ready
                > EPSV ALL
                < 200 ok
                > REIN
                < 502 no
                > PASV
                < 227 (192,0,2,1,19,137)
                = refused PASV 5001 after_epsv_all",
        },
        Row {
            name: "words that only look like ALL",
            transcript: r"
                < 220 ready
                > EPSV ALLE
                < 522 no
                = refused EPSV 0 refused_by_server
                > EPSV AL
                < 522 no
                = refused EPSV 0 refused_by_server
                > EPSV ALL x
                < 522 no
                = refused EPSV 0 refused_by_server
                > EPSV \0ALL
                < 522 no
                = refused EPSV 0 refused_by_server
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
    ]);
}
