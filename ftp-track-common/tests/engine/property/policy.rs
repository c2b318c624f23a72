//! The rule that counts is the one a naive reference finds: of all that apply, the one that is for
//! the least.

use std::net::IpAddr;

use ftp_track_common::{
    address::Address,
    policy::{self, Binding, RULE_SLOTS},
    prefix::{MAPPED_BITS, Prefix},
    rule::{CONTROL_PORTS, Rule},
};
use proptest::prelude::*;

use super::{sample, share};

/// Slots for one policy.
const SLOTS: u32 = RULE_SLOTS as u32 / 2;

/// A rule as text: prefixes as the bits they begin with.
#[derive(Clone, Debug)]
struct Naive {
    client: String,
    server: String,
    ports: Vec<u16>,
    rule: Rule,
}

fn address(ip: IpAddr) -> Address {
    match ip {
        IpAddr::V4(ip) => Address::from_v4(ip.octets()),
        IpAddr::V6(ip) => Address::from_v6(ip.octets()),
    }
}

fn bits(ip: IpAddr) -> String {
    let v6 = match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    format!("{:0128b}", v6.to_bits())
}

impl Naive {
    fn applies(&self, client: IpAddr, server: IpAddr, port: u16) -> bool {
        bits(client).starts_with(&self.client)
            && bits(server).starts_with(&self.server)
            && self.ports.contains(&port)
    }

    /// Whether it is for a part, or all, of what `other` is for. Ports count only between the same
    /// prefixes.
    fn is_part_of(&self, other: &Self) -> bool {
        let same = self.client == other.client && self.server == other.server;
        self.client.starts_with(&other.client)
            && self.server.starts_with(&other.server)
            && (!same || self.ports.iter().all(|port| other.ports.contains(port)))
    }

    fn meets(&self, other: &Self) -> bool {
        let meet = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        meet(&self.client, &other.client)
            && meet(&self.server, &other.server)
            && self.ports.iter().any(|port| other.ports.contains(port))
    }
}

/// Few addresses, so that prefixes meet.
fn ip() -> impl Strategy<Value = IpAddr> {
    let v4 = (0..4u8, 0..4u8).prop_map(|(c, d)| IpAddr::from([10, 0, c << 6, d]));
    let v6 = (0..4u16).prop_map(|h| IpAddr::from([0x2001, 0xdb8, h, 0, 0, 0, 0, h]));
    prop_oneof![v4, v6]
}

fn prefix() -> impl Strategy<Value = (Prefix, String)> {
    let length = prop_oneof![
        Just(0),
        Just(MAPPED_BITS),
        Just(128),
        16..40u32,
        110..=128u32
    ];
    (ip(), length).prop_map(|(ip, length)| {
        let text = bits(ip)[..length as usize].to_owned();
        (Prefix::new(&address(ip), length), text)
    })
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![Just(21), Just(990), Just(2121)]
}

fn rule() -> impl Strategy<Value = Naive> {
    (prefix(), prefix(), prop::collection::vec(port(), 1..5)).prop_map(|(client, server, ports)| {
        let mut rule = Rule {
            client: client.0,
            server: server.0,
            ..Rule::default()
        };
        let mut ports = ports;
        ports.sort_unstable();
        ports.dedup();
        rule.control_ports[..ports.len()].copy_from_slice(&ports);
        Naive {
            client: client.1,
            server: server.1,
            ports,
            rule,
        }
    })
}

/// Rules of which any two are apart, or one is for a part of the other; and a connection.
fn case() -> impl Strategy<Value = (Vec<Naive>, (IpAddr, IpAddr, u16))> {
    let rules = prop::collection::vec(rule(), 0..64).prop_map(|rules| {
        let mut kept: Vec<Naive> = Vec::new();
        for rule in rules {
            let fits = |other: &Naive| {
                !rule.meets(other) || rule.is_part_of(other) != other.is_part_of(&rule)
            };
            if kept.iter().all(fits) {
                kept.push(rule);
            }
        }
        kept
    });
    (rules, (ip(), ip(), port()))
}

/// What the reference finds: the rule that applies and is part of all others that do.
fn reference(rules: &[Naive], (client, server, port): (IpAddr, IpAddr, u16)) -> Option<&Naive> {
    let applying = || {
        rules
            .iter()
            .filter(move |rule| rule.applies(client, server, port))
    };
    applying().find(|rule| applying().all(|other| rule.is_part_of(other)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_rule_for_the_least_counts((rules, connection) in case()) {
        let expect = reference(&rules, connection).map(|rule| rule.rule);
        let mut ordered: Vec<Rule> = rules.iter().map(|rule| rule.rule).collect();
        ordered.sort_by_key(|rule| core::cmp::Reverse(rule.precedence()));
        let (client, server, port) = connection;
        let place = policy::find(&ordered, &address(client), &address(server), port);
        prop_assert_eq!(place.map(|place| ordered[place]), expect);
    }

    #[test]
    fn prefixes((one, text) in prefix(), (other, other_text) in prefix(), ip in ip()) {
        prop_assert_eq!(one.length() as usize, text.len());
        prop_assert_eq!(one.contains(&address(ip)), bits(ip).starts_with(&text));
        prop_assert_eq!(one.includes(&other), other_text.starts_with(&text));
        let meet = text.starts_with(&other_text) || other_text.starts_with(&text);
        prop_assert_eq!(one.overlaps(&other), meet);
    }

    #[test]
    fn bindings(generation in 1..0x0100_0000u32, place: u8) {
        let binding = Binding::new(generation, place);
        prop_assert_eq!((binding.generation(), binding.place()), (generation, place));
        prop_assert!(binding.is_of(generation) && !Binding::default().is_of(generation));
        let next = policy::next_generation(generation);
        prop_assert!(next != 0 && !binding.is_of(next));
        // The other place, so that nothing in force is overwritten.
        let other = Binding::new(next, place).slot();
        prop_assert_eq!(binding.slot() % SLOTS, u32::from(place));
        prop_assert_eq!(binding.slot().abs_diff(other), SLOTS);
    }
}

/// Nothing applies, one rule applies, and several do: all of it comes up.
#[test]
fn the_generator_reaches_everything() {
    let cases = sample(&case(), 1_000);
    let applying = |(rules, (client, server, port)): &(Vec<Naive>, (IpAddr, IpAddr, u16))| {
        let applies = |rule: &&Naive| rule.applies(*client, *server, *port);
        rules.iter().filter(applies).count()
    };
    for (name, wanted) in [("none", 0..1), ("one", 1..2), ("several", 2..99)] {
        let share = share(&cases, |case| wanted.contains(&applying(case)));
        assert!(share >= 10, "{name}: {share} %");
    }
}

#[test]
fn an_empty_rule_applies_to_nothing() {
    let any = address(IpAddr::from([10, 0, 0, 1]));
    for port in [0, 1, 21, u16::MAX] {
        assert!(!Rule::default().applies(&any, &any, port), "{port}");
    }
    let full = Rule {
        control_ports: [21; CONTROL_PORTS],
        ..Rule::default()
    };
    assert!(full.applies(&any, &any, 21) && !full.applies(&any, &any, 22));
}
