//! Third hosts (FXP): the server connects to one that PORT or EPRT names, or one comes to the port in
//! 227 or 229.

use std::net::{IpAddr, Ipv4Addr};

use ftp_track_common::{
    address::Address,
    command::Command,
    expectation::ExpectationKind,
    prefix::Prefix,
    reason::Reason,
    rule::{Rule, THIRD_HOSTS},
    tuple::{Direction::FromServer, ExpectationKey},
};

use crate::support::connection::{CLIENT_V4, CLIENT_V6, Connection, SERVER_V4, address};

const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 1, 1));
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 2, 2));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 8, 1, 1));

/// A rule that permits 10.9.0.0/16, as its last prefix.
fn rule() -> Rule {
    let mut rule = Rule::open();
    rule.fxp = [Prefix::host(&address(CLIENT_V6)); THIRD_HOSTS];
    rule.fxp[THIRD_HOSTS - 1] = Prefix::new(&address(OTHER), 112);
    rule.fxp_count = THIRD_HOSTS as u8;
    rule
}

fn connection() -> Connection {
    let mut connection = Connection::v4();
    connection.rule = rule();
    connection.server("220 ready");
    connection
}

fn port(host: IpAddr, port: u16) -> String {
    let host = host.to_string().replace('.', ",");
    format!("PORT {host},{},{}", port >> 8, port & 0xff)
}

#[test]
fn judgements() {
    let with = |change: fn(&mut Rule)| {
        let mut rule = rule();
        change(&mut rule);
        rule
    };
    let fewer = with(|rule| rule.fxp_count -= 1);
    let passive_only = with(|rule| rule.active = 0);
    let own = address(CLIENT_V4);
    let to = |host: IpAddr, port| Command::Port(address(host), port);
    let extended = |host: IpAddr, port| Command::Eprt(address(host), port);
    for (name, rule, command, expect) in [
        ("the client", rule(), to(CLIENT_V4, 5000), Reason::None),
        ("permitted", rule(), to(OTHER, 5000), Reason::ThirdHost),
        (
            "permitted too",
            rule(),
            to(ANOTHER, 5000),
            Reason::ThirdHost,
        ),
        ("EPRT", rule(), extended(OTHER, 5000), Reason::ThirdHost),
        (
            "first in the list",
            rule(),
            extended(CLIENT_V6, 5000),
            Reason::ThirdHost,
        ),
        ("not permitted", rule(), to(STRANGER, 5000), Reason::Bounce),
        ("the server", rule(), to(SERVER_V4, 5000), Reason::Bounce),
        (
            "a list that ends before",
            fewer,
            to(OTHER, 5000),
            Reason::Bounce,
        ),
        ("no list", Rule::open(), to(OTHER, 5000), Reason::Bounce),
        ("no rule", Rule::default(), to(OTHER, 5000), Reason::Bounce),
        ("a low port", rule(), to(OTHER, 1023), Reason::LowPort),
        (
            "a low port of a stranger",
            rule(),
            to(STRANGER, 22),
            Reason::Bounce,
        ),
        (
            "passive only",
            passive_only,
            to(OTHER, 5000),
            Reason::ActiveForbidden,
        ),
        ("PASV", rule(), Command::Pasv, Reason::ThirdHost),
        ("EPSV", rule(), Command::Epsv, Reason::ThirdHost),
        ("EPSV ALL", rule(), Command::EpsvAll, Reason::None),
        (
            "PASV without a list",
            Rule::open(),
            Command::Pasv,
            Reason::None,
        ),
    ] {
        assert_eq!(rule.judge_command(&command, &own), expect, "{name}");
    }
}

fn keys(connection: &Connection) -> Vec<ExpectationKey> {
    connection.expectations.keys().copied().collect()
}

#[test]
fn the_server_connects_to_it() {
    let mut connection = connection();
    connection.client(&port(OTHER, 5000));
    assert_eq!(keys(&connection), []);
    connection.server("200 done");
    let key = ExpectationKey {
        responder: address(OTHER),
        ..ExpectationKind::Port.key(&connection.master, 5000)
    };
    assert_eq!(keys(&connection), [key]);
    connection.client("PASV");
    assert_eq!(
        connection.take_notes(),
        ["made PORT 5000", "ended PORT 5000 replaced"]
    );
}

#[test]
fn it_comes_to_the_servers_port() {
    let mut connection = connection();
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    let key = ExpectationKey {
        initiator: Address::default(),
        ..ExpectationKind::Pasv.key(&connection.master, 5001)
    };
    assert_eq!(keys(&connection), [key]);
    connection.client(&port(CLIENT_V4, 5002));
    connection.server("200 done");
    let key = ExpectationKind::Port.key(&connection.master, 5002);
    assert_eq!(keys(&connection), [key]);
    assert_eq!(
        connection.take_notes(),
        [
            "made PASV 5001",
            "ended PASV 5001 replaced",
            "made PORT 5002"
        ]
    );
}

/// There is room for one host that waits for its answer.
#[test]
fn one_at_a_time() {
    let mut connection = connection();
    connection.client(&port(OTHER, 5000));
    connection.client("NOOP");
    connection.client(&port(OTHER, 5001));
    connection.client("NOOP");
    connection.client(&port(ANOTHER, 5002));
    for reply in [
        "200 first",
        "200 noop",
        "200 second",
        "200 noop",
        "200 third",
    ] {
        connection.server(reply);
    }
    assert_eq!(
        connection.take_notes(),
        [
            "refused PORT 5002 too_many_requests",
            "made PORT 5000",
            "ended PORT 5000 replaced",
            "made PORT 5001",
            "ended PORT 5001 replaced"
        ]
    );
    connection.client(&port(ANOTHER, 5003));
    connection.server("200 done");
    assert_eq!(keys(&connection)[0].responder, address(ANOTHER));
    assert_eq!(connection.take_notes(), ["made PORT 5003"]);
}

/// While another one is asked for, the one that is expected stays what it was.
#[test]
fn the_expected_one_is_kept_apart() {
    let mut connection = connection();
    connection.client(&port(OTHER, 5000));
    connection.server("200 done");
    connection.client("NOOP");
    connection.client(&port(ANOTHER, 5001));
    assert_eq!(keys(&connection)[0].responder, address(OTHER));
    connection.server("200 done");
    assert_eq!(
        connection.take_notes(),
        ["made PORT 5000", "ended PORT 5000 replaced"]
    );
    connection.server("200 done");
    assert_eq!(keys(&connection)[0].responder, address(ANOTHER));
}

#[test]
fn what_ends_and_refuses_it() {
    let mut connection = connection();
    connection.client(&port(OTHER, 5000));
    connection.server("500 no");
    connection.client(&port(STRANGER, 5000));
    connection.server("200 done");
    connection.client(&port(OTHER, 80));
    connection.server("200 done");
    connection.client(&port(OTHER, 5003));
    connection.server("200 done");
    connection.finish(FromServer);
    assert_eq!(
        connection.take_notes(),
        [
            "refused PORT 5000 refused_by_server",
            "refused PORT 5000 bounce",
            "refused PORT 80 low_port",
            "made PORT 5003",
            "ended PORT 5003 control_closed"
        ]
    );
}

/// An invitation is the client's own: a server that connects to a third host has to answer first.
#[test]
fn it_invites_nobody() {
    let mut connection = connection();
    let now = connection.now;
    connection.client(&port(OTHER, 5000));
    let early = |connection: &mut Connection| {
        let conversation = &mut connection.session.conversation;
        conversation.connect_early(5000, 1, 0, now)
    };
    assert_eq!(early(&mut connection), Err(Reason::Replaced));
    connection.client(&port(CLIENT_V4, 5000));
    assert_eq!(early(&mut connection), Err(Reason::Replaced));
    connection.server("200 first");
    assert_eq!(early(&mut connection), Ok(2));
}
