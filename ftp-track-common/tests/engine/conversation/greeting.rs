//! The beginning: the greeting, and peers that do not speak FTP (NAT slipstreaming).

use super::{Row, check};

#[test]
fn greetings() {
    check(&[
        Row {
            name: "120, then 220",
            transcript: "
                < 120 ready in 5 minutes
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "multi-line greeting with hostile text",
            transcript: "
                < 220-Welcome
                < 227 Entering Passive Mode (192,0,2,1,19,137)
                < 421 go away
                < 220-
                < 
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "the client may not speak in the middle of the greeting",
            transcript: "
                < 220-Welcome
                > PASV
                < 220 ready
                < 227 (192,0,2,1,19,137)
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a bare greeting",
            transcript: "
                < 220
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "421 instead of a greeting",
            transcript: "
                < 421 too many connections
                = counted not_ftp
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a greeting that asks for more",
            transcript: "
                < 331 password
                = counted not_ftp
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "another protocol's banner",
            transcript: "
                < SSH-2.0-OpenSSH_9.2
                = counted not_a_reply
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "Telnet negotiation before the greeting",
            transcript: r"
                < \xff\xfb\x01\xff\xfd\x03220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
    ]);
}

#[test]
fn not_ftp() {
    check(&[
        Row {
            name: "the client speaks first",
            transcript: "
                > PASV
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a segment without bytes says nothing",
            transcript: "
                > ~
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "the client speaks first, half a line",
            transcript: "
                > P~
                < 220 ready
                > ASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a browser that was made to POST a PORT",
            transcript: "
                < 220 ready
                > POST / HTTP/1.1
                = counted not_ftp
                > Host: 192.0.2.1:21
                > 
                > PORT 10,0,0,1,19,137
                < 200 ok
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a browser whose request comes in one segment with everything",
            transcript: r"
                < 220 ready
                > POST / HTTP/1.1\r\x0aContent-Length: 24\r\x0a\r\x0aPORT 10,0,0,1,19,137
                = counted not_ftp
                < 200 ok",
        },
        Row {
            name: "a browser that was made to begin with a verb of FTP",
            transcript: "
                < 220 ready
                > USER / HTTP/1.1
                < 331 who
                > Host: 192.0.2.1:21
                = counted not_ftp
                > PORT 10,0,0,1,19,137
                < 200 ok",
        },
        Row {
            name: "a header line ends what was announced",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > Accept: text/html
                = ended PASV 5001 not_ftp
                = counted not_ftp
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "other protocols' first lines",
            transcript: "
                < 220 ready
                > EHLO me
                = counted not_ftp
                > PORT 10,0,0,1,19,137
                < 200 ok",
        },
        Row {
            name: "a word that is too long, and one with a space before",
            transcript: "
                < 220 ready
                >  PORT 10,0,0,1,19,137
                = counted not_ftp
                > PORT 10,0,0,1,19,137
                < 200 ok",
        },
        Row {
            name: "an empty first line decides nothing",
            transcript: "
                < 220 ready
                > 
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "only the first line has to be a known verb",
            transcript: "
                < 220 ready
                > USER x
                < 230 in
                > XYZZY
                < 500 what
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
    ]);
}
