//! What later RFCs added, what is obsolete, and replies at odd places.

use super::{Row, check};

#[test]
fn commands() {
    check(&[
        Row {
            name: "LPRT and LPSV are other commands (RFC 1639, obsolete)",
            transcript: "
                < 220 ready
                > LPRT 4,4,10,0,0,1,2,19,137
                < 200 ok
                > LPSV
                < 228 Entering Long Passive Mode (4,4,192,0,2,1,2,19,137)
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "a 228 answers no PASV",
            transcript: "
                < 220 ready
                > PASV
                < 228 Entering Long Passive Mode (4,4,192,0,2,1,2,19,137)
                = counted stray_reply
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "FEAT, OPTS, HOST, LANG, CLNT, SITE, PBSZ, PROT: refused or not",
            transcript: "
                < 220 ready
                > HOST ftp.example
                < 504 no
                > FEAT
                < 211-Features
                <  EPSV
                <  AUTH TLS
                < 211 end
                > OPTS UTF8 ON
                < 200 ok
                > LANG de
                < 501 no
                > CLNT me
                < 200 ok
                > SITE UTIME 1 2
                < 500 no
                > PBSZ 0
                < 503 no
                > PROT P
                < 503 no
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "MODE and STRU change nothing on the control connection",
            transcript: "
                < 220 ready
                > MODE B
                < 200 ok
                > STRU R
                < 504 no
                > MODE Z
                < 200 ok
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "behind CCC nothing is read again (RFC 4217, 12.3)",
            transcript: r"
                < 220 ready
                > AUTH TLS
                < 234 go
                > \x17\x03\x03\x00\x10CCC and the like
                < \x17\x03\x03\x00\x10\x0a200 ok
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "CCC without AUTH is refused, and nothing changes",
            transcript: "
                < 220 ready
                > CCC
                < 533 no
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "AUTH GSSAPI: 334, ADAT, 235; what is in clear is read on",
            transcript: "
                < 220 ready
                > AUTH GSSAPI
                < 334 ADAT
                > ADAT YII
                < 235 ADAT=YII
                > ENC abcd
                < 631 abcd
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
    ]);
}

#[test]
fn addresses() {
    check(&[
        Row {
            name: "addresses that stand for others",
            transcript: "
                < 220 ready
                > PORT 0,0,0,0,19,137
                = refused PORT 5001 bounce
                < 200 ok
                > PORT 127,0,0,1,19,137
                = refused PORT 5001 bounce
                < 200 ok
                > PORT 255,255,255,255,19,137
                = refused PORT 5001 bounce
                < 200 ok
                > EPRT |1|0.0.0.0|5001|
                = refused EPRT 5001 bounce
                < 200 ok
                > EPRT |2|::|5001|
                = refused EPRT 5001 bounce
                < 200 ok
                > EPRT |2|::1|5001|
                = refused EPRT 5001 bounce
                < 200 ok",
        },
        Row {
            name: "the own address, in other words",
            transcript: "
                < 220 ready
                > PORT 010,000,000,001,019,137
                < 200 ok
                = made PORT 5001
                > EPRT |2|::ffff:10.0.0.1|5002|
                = ended PORT 5001 replaced
                < 200 ok
                = made EPRT 5002
                > EPRT |2|::FFFF:a00:1|5003|
                = ended EPRT 5002 replaced
                < 200 ok
                = made EPRT 5003",
        },
        Row {
            name: "over IPv6 an IPv4 address is another host's, and a zone none",
            transcript: "
                ! ipv6
                < 220 ready
                > EPRT |2|::ffff:10.0.0.1|5001|
                = refused EPRT 5001 bounce
                < 200 ok
                > EPRT |2|2001:db8::1%eth0|5001|
                = refused EPRT 0 malformed_command
                < 200 ok
                > EPRT |2|fe80::1|5001|
                = refused EPRT 5001 bounce
                < 200 ok",
        },
    ]);
}

#[test]
fn places() {
    check(&[
        Row {
            name: "421 between 1yz and 2yz",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                < 150 here
                < 421 idle
                = ended PASV 5001 service_closing
                < 226 done
                = counted stray_reply",
        },
        Row {
            name: "421 before the login, and behind QUIT",
            transcript: "
                < 220 ready
                > USER a
                < 421 too many
                > PASV
                < 500 bye
                = refused PASV 0 refused_by_server
                > QUIT
                < 421 bye
                < 221 bye
                = counted stray_reply",
        },
        Row {
            name: "421 of many lines, while PORT waits",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 421-Closing
                < 200 ok
                < 421 now
                < 200 ok
                = counted stray_reply",
        },
        Row {
            name: "REIN during a transfer: what waits is void when it is answered",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                > REIN
                < 150 here
                < 226 done
                = ended PASV 5001 reinitialised
                < 220 ready
                > PORT 10,0,0,1,19,138
                < 200 ok
                = made PORT 5002",
        },
        Row {
            name: "STAT during a transfer is answered first",
            transcript: r"
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                < 150 here
                > \xff\xf4\xff\xf2STAT
                < 213-Status
                <  42 bytes
                < 213 end
                < 226 done
                > PASV
                = ended PASV 5001 replaced
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "both sides close at once",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > QUIT
                = ended PASV 5001 quit
                ! fin client
                ! fin server
                < 221 bye",
        },
        Row {
            name: "Telnet in the middle of a command",
            transcript: r"
                < 220 ready
                > PO\xff\xf1RT 10,0,0,1,1\xff\xfb\x019,137
                < 200 ok
                = made PORT 5001
                > PASV\xff\xf9
                = ended PORT 5001 replaced
                < 227 (192,0,2,1,19,\xff\xf1138)
                = made PASV 5002",
        },
    ]);
}
