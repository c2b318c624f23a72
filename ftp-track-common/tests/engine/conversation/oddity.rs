//! What peers do that no RFC asks for, and what hostile ones try.

use ftp_track_common::{
    reason::Reason,
    session::Step,
    tuple::Direction::{FromClient, FromServer},
};

use super::{Row, check};
use crate::support::connection::Connection;

#[test]
fn replies() {
    check(&[
        Row {
            name: "PORT right after a 1yz: the end of the transfer is not its answer",
            transcript: "
                < 220 ready
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > RETR a
                < 150 here
                > PORT 10,0,0,1,19,138
                < 226 done
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5002",
        },
        Row {
            name: "inner lines of a long reply are no replies, whatever they say",
            transcript: "
                < 220 ready
                > FEAT
                > PASV
                < 211-Features
                < 227 (192,0,2,1,19,136)
                < 200 ok
                <  211 end
                < 211x
                < 211 end
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "the host in a 227 does not matter, nor does an address in a 229",
            transcript: "
                < 220 ready
                > EPSV
                < 227 go to (10,9,8,7,19,137)
                = made EPSV 5001
                > PASV
                = ended EPSV 5001 replaced
                < 229 go to (|1|10.9.8.7|5002|)
                = made PASV 5002",
        },
        Row {
            name: "120 before 220 to REIN",
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
    ]);
}

#[test]
fn commands() {
    check(&[
        Row {
            name: "EPRT that does not parse is reported as EPRT",
            transcript: "
                < 220 ready
                > EPRT |3|10.0.0.1|5001|
                = refused EPRT 0 malformed_command
                < 522 no such family
                > EPRT |1|10.0.0.1|5001|
                < 200 ok
                = made EPRT 5001",
        },
        Row {
            name: "a tab, spaces, lower case, and an argument that PASV does not have",
            transcript: r"
                < 220 ready
                > pAsV\x09 please
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > port\x0910,0,0,1,19,138
                = ended PASV 5001 replaced
                < 200 ok
                = made PORT 5002",
        },
        Row {
            name: "a verb at the end of a long line, or behind a lone CR, is none",
            transcript: r"
                < 220 ready
                > STOR file PASV
                < 227 (192,0,2,1,19,137)
                = counted unrequested_passive
                > NOOP\x0dPASV
                < 227 (192,0,2,1,19,137)
                = counted unrequested_passive",
        },
        Row {
            name: "bytes above 127 and NUL are text",
            transcript: r"
                < 220 ready
                > CWD \xe4\xf6\xfc\x00\x80
                < 250 ok
                > P\x00SV
                < 500 what
                > PASV
                < 227 (192,0,2,1,19,137)
                = made PASV 5001",
        },
        Row {
            name: "PORT to another host, as FXP does, is a bounce",
            transcript: "
                < 220 ready
                > PORT 10,9,8,7,19,137
                = refused PORT 5001 bounce
                < 200 ok",
        },
    ]);
}

#[test]
fn a_line_of_a_megabyte() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    let chunk = [b'P'; 50_000];
    for _ in 0..20 {
        connection.send(FromClient, &chunk);
    }
    connection.send(FromClient, b"PASV\r\n");
    connection.server("500 what");
    assert_eq!(connection.take_notes(), ["counted not_ftp"]);

    let mut connection = Connection::v4();
    connection.server("220 ready");
    connection.client("USER a");
    for _ in 0..20 {
        connection.send(FromClient, &chunk);
    }
    connection.send(FromClient, b"PASV\r\n");
    connection.server("331 who");
    connection.server("500 what");
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}

#[test]
fn a_keep_alive_is_no_byte() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    for direction in [FromClient, FromServer] {
        let mut probe = connection.segment(direction, 1);
        probe.sequence = probe.sequence.wrapping_sub(1);
        let step = connection.deliver(direction, &probe, b"\n");
        assert!(
            matches!(step, Step::Pass(Reason::Retransmission)),
            "{step:?}"
        );
    }
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
}
