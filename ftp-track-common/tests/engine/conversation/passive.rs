//! PASV and its 227 (RFC 959, 4.1.2).

use super::{Row, check};

#[test]
fn answers() {
    check(&[
        Row {
            name: "a plain passive transfer",
            transcript: "
                < 220 ready
                > USER anonymous
                < 331 password
                > PASS guest@
                < 230 welcome
                > PASV
                < 227 Entering Passive Mode (192,0,2,1,19,137).
                = made PASV 5001
                > RETR file
                < 150 here it comes
                < 226 done
                > QUIT
                = ended PASV 5001 quit
                < 221 bye
                ! fin server",
        },
        Row {
            name: "the address in a 227 is not trusted, nor needed",
            transcript: "
                < 220 ready
                > PASV
                < 227 Entering Passive Mode (127,0,0,1,19,137).
                = made PASV 5001",
        },
        Row {
            name: "a 227 without PASV makes nothing",
            transcript: "
                < 220 ready
                < 227 Entering Passive Mode (192,0,2,1,19,137)
                = counted unrequested_passive
                > NOOP
                < 227 Entering Passive Mode (192,0,2,1,19,137)
                = counted unrequested_passive
                < 200 ok
                < 200 ok
                = counted stray_reply",
        },
        Row {
            name: "a second 227 for one PASV makes nothing",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 227 (192,0,2,1,19,138)
                = counted unrequested_passive",
        },
        Row {
            name: "a stray positive reply does not use PASV up",
            transcript: "
                < 220 ready
                > PASV
                < 200 NOOP ok
                = counted stray_reply
                < 331 really
                = counted stray_reply
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "a refusal ends PASV",
            transcript: "
                < 220 ready
                > PASV
                < 502 not implemented
                = refused PASV 0 refused_by_server
                < 227 (192,0,2,1,19,137)
                = counted unrequested_passive
                > PASV
                < 425 cannot open
                = refused PASV 0 refused_by_server
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "a 227 inside of a multi-line reply is text",
            transcript: "
                < 220 ready
                > PASV
                < 230-first
                < 227 Entering Passive Mode (192,0,2,1,19,137)
                < 230 last
                = counted stray_reply
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "a multi-line 227 counts by its last line",
            transcript: "
                < 220 ready
                > PASV
                < 227-Entering Passive Mode (192,0,2,1,19,1)
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "a preliminary reply does not answer PASV",
            transcript: "
                < 220 ready
                > PASV
                < 125 wait
                < 150 wait
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
    ]);
}

#[test]
fn refused() {
    check(&[
        Row {
            name: "a 227 that holds no address, then EPSV instead",
            transcript: "
                < 220 ready
                > PASV
                < 227 Entering Passive Mode (192,0,2,1,19)
                = refused PASV 0 malformed_reply
                > EPSV
                < 229 (|||5001|)
                = made EPSV 5001",
        },
        Row {
            name: "a bare 227",
            transcript: "
                < 220 ready
                > PASV
                < 227
                = refused PASV 0 malformed_reply",
        },
        Row {
            name: "a number that would wrap",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,275,137)
                = refused PASV 0 malformed_reply
                > PASV
                < 227 (192,0,2,1,4294967315,137)
                = refused PASV 0 malformed_reply",
        },
        Row {
            name: "a low port, and the lowest that is not",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,0,22)
                = refused PASV 22 low_port
                > PASV
                < 227 (192,0,2,1,3,255)
                = refused PASV 1023 low_port
                > PASV
                < 227 (192,0,2,1,0,0)
                = refused PASV 0 low_port
                > PASV
                < 227 (192,0,2,1,4,0)
                = made PASV 1024
                > PASV
                = ended PASV 1024 replaced
                < 227 (192,0,2,1,255,255)
                = made PASV 65535",
        },
        Row {
            name: "a refused one still replaces",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > PASV
                = ended PASV 5001 replaced
                < 227 (192,0,2,1,0,80)
                = refused PASV 80 low_port",
        },
    ]);
}

#[test]
fn replies_of_servers() {
    check(&[
        Row {
            name: "vsftpd, proftpd, pure-ftpd, IIS, wu-ftpd, FileZilla, pyftpdlib, busybox",
            transcript: "
                < 220 (vsFTPd 3.0.3)
                > PASV
                < 227 Entering Passive Mode (192,0,2,1,19,137).
                = made PASV 5001
                > PASV
                = ended PASV 5001 replaced
                < 227 Entering Passive Mode (192,0,2,1,136,185)
                = made PASV 35001
                > pasv
                = ended PASV 35001 replaced
                < 227 Entering passive mode (192,0,2,1,19,137).
                = made PASV 5001
                > PASV
                = ended PASV 5001 replaced
                < 227 PASV ok (192,0,2,1,136,185)
                = made PASV 35001",
        },
        Row {
            name: "without parentheses, with text behind, with spaces (embedded devices)",
            transcript: "
                < 220 ready
                > PASV
                < 227 Entering Passive Mode. 192,0,2,1,19,137
                = made PASV 5001
                > PASV
                = ended PASV 5001 replaced
                < 227 =192,0,2,1,136,185
                = made PASV 35001
                > PASV
                = ended PASV 35001 replaced
                < 227 ok (192, 0, 2, 1, 19, 137) go on
                = made PASV 5001
                > PASV
                = ended PASV 5001 replaced
                < 227 Entering Passive Mode (192,000,002,001,136,185) 7 users
                = made PASV 35001",
        },
    ]);
}
