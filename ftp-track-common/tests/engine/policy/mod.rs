//! What a rule admits.

mod third_host;

use ftp_track_common::{
    expectation::ExpectationKind::{self, Eprt, Epsv, Pasv, Port},
    reason::Reason,
    rule::{Action, PortRange, Rule},
};

fn open() -> Rule {
    Rule::open()
}

#[test]
fn judgements() {
    let mut ranges = open();
    ranges.ports[0] = PortRange {
        first: 5000,
        last: 5000,
    };
    ranges.ports[7] = PortRange {
        first: 6000,
        last: 6010,
    };
    let with = |change: fn(&mut Rule)| {
        let mut rule = open();
        change(&mut rule);
        rule
    };
    let passive_only = with(|rule| rule.active = 0);
    let active_only = with(|rule| rule.passive = 0);
    let nothing = with(|rule| rule.pending = 0);
    let ignored = with(|rule| rule.action = Action::Ignore as u8);
    let refused = with(|rule| rule.action = Action::Refuse as u8);
    let rows: [(&str, Rule, ExpectationKind, u16, Reason); 19] = [
        (
            "all zero",
            Rule::default(),
            Pasv,
            5000,
            Reason::PassiveForbidden,
        ),
        ("open", open(), Port, 5000, Reason::None),
        ("lowest", open(), Epsv, 1024, Reason::None),
        ("highest", open(), Eprt, 65535, Reason::None),
        ("too low", open(), Pasv, 1023, Reason::PortForbidden),
        ("no port", open(), Pasv, 0, Reason::PortForbidden),
        (
            "PORT where passive only",
            passive_only,
            Port,
            5000,
            Reason::ActiveForbidden,
        ),
        (
            "EPRT where passive only",
            passive_only,
            Eprt,
            5000,
            Reason::ActiveForbidden,
        ),
        (
            "PASV where passive only",
            passive_only,
            Pasv,
            5000,
            Reason::None,
        ),
        (
            "PASV where active only",
            active_only,
            Pasv,
            5000,
            Reason::PassiveForbidden,
        ),
        (
            "EPSV where active only",
            active_only,
            Epsv,
            5000,
            Reason::PassiveForbidden,
        ),
        (
            "EPRT where active only",
            active_only,
            Eprt,
            5000,
            Reason::None,
        ),
        (
            "nothing may be pending",
            nothing,
            Pasv,
            5000,
            Reason::PendingForbidden,
        ),
        ("ignored", ignored, Pasv, 5000, Reason::PolicyChanged),
        ("refused", refused, Pasv, 5000, Reason::PolicyChanged),
        ("one port", ranges, Pasv, 5000, Reason::None),
        ("beside it", ranges, Pasv, 5001, Reason::PortForbidden),
        ("last range", ranges, Port, 6010, Reason::None),
        ("beyond it", ranges, Port, 6011, Reason::PortForbidden),
    ];
    for (name, rule, kind, port, expect) in rows {
        assert_eq!(rule.judge(kind.is_active(), port), expect, "{name}");
    }
}

#[test]
fn source_ports() {
    let mut rule = open();
    assert!(rule.admits_source(20) && rule.admits_source(40_000));
    rule.source_port_20 = 1;
    assert!(rule.admits_source(20) && !rule.admits_source(21));
}
