//! Connections that are not read, because they are encrypted or no FTP: they go on undisturbed.

use ftp_track_common::{
    handshake::Handshake,
    reason::Reason,
    session::Step,
    tuple::Direction::{FromClient, FromServer},
};

use crate::support::connection::{Connection, FIRST, INTERFACES};

fn encrypted() -> Connection {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    connection.client("AUTH TLS");
    connection.server("234 go on");
    connection
}

#[test]
fn segments_in_a_row_all_pass() {
    let mut connection = encrypted();
    for direction in [FromClient, FromServer, FromClient] {
        for _ in 0..300 {
            let step = connection.send(direction, b"\x17\x03\x03\x00\x01x\n");
            assert_eq!(step, Step::Pass(Reason::Opaque));
        }
    }
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn whatever_the_order() {
    let mut connection = encrypted();
    let mut segment = connection.segment(FromServer, 100);
    segment.sequence = segment.sequence.wrapping_add(1_000);
    let step = connection.deliver(FromServer, &segment, &[0; 100]);
    assert_eq!(step, Step::Pass(Reason::Opaque));
    let step = connection.send(FromServer, &[0; 1_000]);
    assert_eq!(step, Step::Pass(Reason::Retransmission));
    connection.skip(FromServer, 100);
    connection.acknowledge(FromClient);
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn its_end_is_seen() {
    let mut connection = encrypted();
    connection.send(FromServer, b"\x15\x03\x03\x00\x02\x01\x00");
    connection.finish(FromServer);
    assert_ne!(connection.session.ended, 0);
    let mut connection = encrypted();
    connection.reset(FromClient);
    assert_ne!(connection.session.ended, 0);
}

#[test]
fn a_client_that_speaks_first_is_not_held_back() {
    let mut connection = Connection::v4();
    for _ in 0..300 {
        let step = connection.client("POST / HTTP/1.1");
        assert_eq!(step, Step::Pass(Reason::NotFtp));
    }
    assert_eq!(
        connection.server("HTTP/1.1 200"),
        Step::Pass(Reason::NotFtp)
    );
    assert_eq!(connection.take_notes(), [""; 0]);
}

#[test]
fn data_in_the_syn_is_no_ftp_and_goes_on() {
    let mut connection = Connection::v4();
    let handshake = Handshake {
        client_first: FIRST[0],
        server_first: FIRST[1],
        client_interface: INTERFACES[0],
        server_interface: INTERFACES[1],
        answered: 1,
        early_data: 1,
        ..Handshake::default()
    };
    let master = connection.master;
    connection
        .session
        .open(&master, 1, &handshake, connection.now);
    // The SYN brought 20 bytes.
    connection.skip(FromClient, 20);
    connection.server("220 ready");
    let step = connection.client("PORT 10,0,0,1,19,137");
    assert_eq!(step, Step::Pass(Reason::NotFtp));
    connection.client("PORT 10,0,0,1,19,137");
    connection.server("200 ok");
    assert_eq!(connection.take_notes(), [""; 0]);
}
