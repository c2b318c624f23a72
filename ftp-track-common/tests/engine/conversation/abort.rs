//! ABOR (RFC 959, 4.1.3 and 5.4): one, two or three replies.

use super::{Row, check};

#[test]
fn replies() {
    check(&[
        Row {
            name: "two replies: 426 for the transfer, 226 for ABOR",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                < 226 abort successful
                > PORT 10,0,0,1,19,137
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "one reply for both, PORT next",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 226 abort successful
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001
                > NOOP
                < 200 ok
                < 200 ok
                = counted stray_reply",
        },
        Row {
            name: "one reply for both, PASV next",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > PORT 10,0,0,1,19,137
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "one reply for both, another command next, then PORT",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                > TYPE I
                < 200 ok
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "three replies: 426, 226 and 225, nothing else sent",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                < 226 closing
                < 225 no transfer
                = counted stray_reply
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "three replies, the last one while PORT waits",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                < 226 closing
                > PORT 10,0,0,1,19,137
                < 225 no transfer
                = counted stray_reply
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "three replies, the last one while PASV waits",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                > ABOR
                < 426 aborted
                < 226 closing
                > PASV
                < 225 no transfer
                = counted stray_reply
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "the transfer was over before ABOR came",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                < 226 done
                > ABOR
                < 225 nothing to abort
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "ABOR is not understood",
            transcript: "
                < 220 ready
                > ABOR
                > PORT 10,0,0,1,19,137
                < 502 no
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "ABOR alone may be answered by anything",
            transcript: "
                < 220 ready
                > ABOR
                < 200 ok
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "ABOR behind Telnet IP and Synch (FF F4 FF F2)",
            transcript: r"
                < 220 ready
                > RETR file
                < 150 here
                > \xff\xf4\xff\xf2ABOR
                < 426 aborted
                < 226 closing
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "ABOR skipped, PORT accepted, PORT next: the first never was",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > ABOR
                > PORT 10,0,0,1,19,138
                > PORT 10,0,0,1,19,139
                < 200 ok
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5003",
        },
        Row {
            name: "ABOR skipped, REIN answered: what was pending is void",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > ABOR
                > REIN
                < 350 strange
                = ended PASV 5001 reinitialised",
        },
    ]);
}
