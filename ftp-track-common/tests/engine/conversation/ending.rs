//! What ends an expectation: REIN, QUIT, 421, FIN, RST.

use super::{Row, check};

#[test]
fn commands() {
    check(&[
        Row {
            name: "REIN",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > REIN
                = ended PASV 5001 reinitialised
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "QUIT waits for the transfer before it",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                > QUIT
                < 150 here
                < 226 done
                = ended PASV 5001 quit
                < 221 bye",
        },
        Row {
            name: "a newer PASV waits for the transfer before it",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                > PASV
                < 150 here
                < 226 done
                = ended PASV 5001 replaced
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
        Row {
            name: "other commands end nothing",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > TYPE I
                < 200 ok
                > EPSV ALL
                < 200 ok
                > AUTH TLS
                < 534 no
                > ABOR
                < 226 ok
                > REST 0
                < 350 ok
                > HELP
                < 214 none",
        },
    ]);
}

#[test]
fn service_closing() {
    check(&[
        Row {
            name: "421 ends it",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 421 timeout
                = ended PASV 5001 service_closing",
        },
        Row {
            name: "421 answers everything",
            transcript: "
                < 220 ready
                > NOOP
                > PASV
                < 421 timeout
                < 227 (192,0,2,1,19,137)
                = counted unrequested_passive",
        },
        Row {
            name: "421 inside of a multi-line reply is text",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > HELP
                < 214-codes
                < 421 timeout
                < 214 end",
        },
    ]);
}

#[test]
fn closing() {
    check(&[
        Row {
            name: "the server closes",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                ! fin server
                = ended PASV 5001 control_closed
                ! fin client",
        },
        Row {
            name: "the client closes and asked for nothing more",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                ! fin client
                = ended PASV 5001 control_closed
                ! fin server",
        },
        Row {
            name: "the client closes behind pipelined commands",
            transcript: "
                < 220 ready
                > USER x
                > PASV
                > RETR file
                > QUIT
                ! fin client
                < 230 in
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 150 here
                < 226 done
                = ended PASV 5001 quit
                < 221 bye
                ! fin server",
        },
        Row {
            name: "the client closes behind PASV and RETR",
            transcript: "
                < 220 ready
                > PASV
                > RETR file
                ! fin client
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                < 226 done
                = ended PASV 5001 control_closed",
        },
        Row {
            name: "the client closes behind PASV alone: nobody will connect",
            transcript: "
                < 220 ready
                > PASV
                ! fin client
                < 227 (192,0,2,1,19,137)",
        },
        Row {
            name: "a RST of either side",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                ! rst client
                = ended PASV 5001 control_reset
                ! rst server",
        },
        Row {
            name: "a RST of the server",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001
                ! rst server
                = ended PORT 5001 control_reset
                > PASV
                < 227 (192,0,2,1,19,137)",
        },
    ]);
}

#[test]
fn stale_commands() {
    check(&[
        Row {
            name: "a command without answer is given up when another comes after a silence",
            transcript: "
                < 220 ready
                > NOOP
                ! wait 11
                > PORT 10,0,0,1,19,137
                = counted stale_commands
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "not before the silence was long enough",
            transcript: "
                < 220 ready
                > NOOP
                ! wait 10
                > PORT 10,0,0,1,19,137
                < 200 ok
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "not during a transfer, however long",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR file
                < 150 here
                ! wait 7000
                > PORT 10,0,0,1,19,137
                < 226 done
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "after a transfer again",
            transcript: "
                < 220 ready
                > RETR file
                < 150 here
                < 226 done
                > NOOP
                ! wait 11
                > PORT 10,0,0,1,19,137
                = counted stale_commands
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "a slow answer is an answer",
            transcript: "
                < 220 ready
                > PASV
                ! wait 30
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
    ]);
}
