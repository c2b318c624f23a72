//! PORT (RFC 959, 4.1.2) and EPRT (RFC 2428, 2).

use super::{Row, check};
use crate::support::connection::Connection;

#[test]
fn accepted() {
    check(&[
        Row {
            name: "PORT counts when it is accepted, not when it is sent",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 200 PORT command successful
                = made PORT 5001
                > LIST
                < 150 here
                < 226 done",
        },
        Row {
            name: "EPRT over IPv4",
            transcript: "
                < 220 ready
                > EPRT |1|10.0.0.1|5001|
                < 200 ok
                = made EPRT 5001",
        },
        Row {
            name: "EPRT over IPv6",
            transcript: "
                ! ipv6
                < 220 ready
                > EPRT |2|2001:db8::1|5001|
                < 200 ok
                = made EPRT 5001
                > EPRT |2|2001:0DB8:0:0:0:0:0:1|5002|
                = ended EPRT 5001 replaced
                < 200 ok
                = made EPRT 5002",
        },
        Row {
            name: "any 2yz accepts, a preliminary reply does not",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 120 soon
                < 250 ok
                = made PORT 5001",
        },
        Row {
            name: "a multi-line 200 accepts once",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 200-thank you
                < 200-
                < 500 not the end
                <  200 nor this
                < 200 now
                = made PORT 5001",
        },
        Row {
            name: "the end of a transfer does not answer PORT",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 226 transfer complete
                = counted stray_reply
                < 225 aborted
                = counted stray_reply
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "a newer one replaces as soon as it is sent",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001
                > PORT 10,0,0,1,19,138
                = ended PORT 5001 replaced
                < 200 ok
                = made PORT 5002
                > PASV
                = ended PORT 5002 replaced
                < 227 (192,0,2,1,19,137)
                = made PASV 5001
                > EPRT |1|10.0.0.1|5003|
                = ended PASV 5001 replaced
                < 200 ok
                = made EPRT 5003",
        },
    ]);
}

#[test]
fn refused() {
    check(&[
        Row {
            name: "the server refuses",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 500 illegal PORT
                = refused PORT 5001 refused_by_server
                > EPRT |1|10.0.0.1|5001|
                < 522 not supported, use (1)
                = refused EPRT 5001 refused_by_server
                > PORT 10,0,0,1,19,137
                < 350 more
                = refused PORT 5001 refused_by_server",
        },
        Row {
            name: "a bounce is refused even if the server accepts it",
            transcript: "
                < 220 ready
                > PORT 192,0,2,99,19,137
                = refused PORT 5001 bounce
                < 200 ok
                > PORT 127,0,0,1,19,137
                = refused PORT 5001 bounce
                < 200 ok
                > EPRT |1|10.0.0.2|5001|
                = refused EPRT 5001 bounce
                < 200 ok
                > EPRT |2|2001:db8::1|5001|
                = refused EPRT 5001 bounce
                < 200 ok",
        },
        Row {
            name: "a bounce over IPv6",
            transcript: "
                ! ipv6
                < 220 ready
                > EPRT |2|2001:db8::2|5001|
                = refused EPRT 5001 bounce
                < 200 ok
                > PORT 10,0,0,1,19,137
                = refused PORT 5001 bounce
                < 200 ok",
        },
        Row {
            name: "a low port is refused",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,0,22
                = refused PORT 22 low_port
                < 200 ok
                > EPRT |1|10.0.0.1|1023|
                = refused EPRT 1023 low_port
                < 200 ok
                > EPRT |1|10.0.0.1|0|
                = refused EPRT 0 low_port
                < 200 ok
                > EPRT |1|10.0.0.1|1024|
                < 200 ok
                = made EPRT 1024",
        },
        Row {
            name: "an argument that does not parse",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19
                = refused PORT 0 malformed_command
                < 501 bad
                > PORT
                = refused PORT 0 malformed_command
                < 501 bad
                > PORT 10,0,0,1,19,137,1
                = refused PORT 0 malformed_command
                < 200 strange
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001",
        },
        Row {
            name: "a refused one voids what was pending",
            transcript: "
                < 220 ready
                > PORT 10,0,0,1,19,137
                < 200 ok
                = made PORT 5001
                > PORT 10,0,0,9,19,137
                = ended PORT 5001 replaced
                = refused PORT 5001 bounce
                < 200 ok",
        },
        Row {
            name: "a verb that only begins like PORT",
            transcript: "
                < 220 ready
                > USER x
                < 230 in
                > PORTX 10,0,0,1,19,137
                < 500 unknown
                > XPORT 10,0,0,1,19,137
                < 200 strange
                > POR 10,0,0,1,19,137
                < 200 strange",
        },
        Row {
            name: "the server does not give commands, the client no replies",
            transcript: "
                < 220 ready
                < PORT 10,0,0,1,19,137
                = counted not_a_reply
                < 200 ok
                = counted stray_reply
                > USER x
                < 230 in
                > PASV
                > 227 Entering Passive Mode (192,0,2,1,19,137)
                < 227 (192,0,2,1,19,138)
                = made PASV 5002",
        },
    ]);
}

#[test]
fn a_refused_one_leaves_the_invitation_of_the_next() {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    connection.client("PORT 10,0,0,9,19,137");
    connection.client("PORT 10,0,0,1,19,137");
    connection.server("200 ok");
    let now = connection.now;
    let conversation = &mut connection.session.conversation;
    assert_eq!(conversation.connect_early(5001, 1, 0, now), Ok(1));
}
