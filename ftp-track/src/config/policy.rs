//! All rules in the order in which they are tried.

use std::ops::Range;

use ftp_track_common::{
    policy::MAX_RULES,
    prefix::Prefix,
    rule::{NAME_BYTES, Rule as KernelRule},
};

use super::{
    document::{Problems, position},
    network::Network,
    rule::Rule,
};

/// The rules; the first that applies to a control connection counts. The last is the general one,
/// for everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    rules: Vec<KernelRule>,
}

impl Policy {
    /// The `general` rule, and `rules` before it. Rules of which it is not clear which one counts
    /// are noted; `text` is the file.
    pub fn new(general: KernelRule, rules: &[Rule], text: &str, problems: &Problems) -> Self {
        let mut entries = Vec::new();
        for (i, rule) in rules.iter().enumerate() {
            let expanded = rule.expand(i + 1, &general, problems);
            entries.extend(expanded.into_iter().map(|kernel| Entry {
                rule: kernel,
                number: i,
                at: rule.at(),
            }));
            if entries.len() >= MAX_RULES {
                problems.add(
                    rule.at(),
                    format!(
                        "this is more than {} rules, counted by pairs of prefixes",
                        MAX_RULES - 1
                    ),
                );
                break;
            }
        }
        if problems.is_empty() {
            check(&entries, &general, text, problems);
        }
        let mut rules: Vec<KernelRule> = entries.iter().map(|entry| entry.rule).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.precedence()));
        rules.push(general);
        Self { rules }
    }

    /// The rules, in the order in which they are tried.
    pub fn rules(&self) -> &[KernelRule] {
        &self.rules
    }

    /// The rule for everybody.
    pub fn general(&self) -> &KernelRule {
        // There always is one: see `new`.
        &self.rules[self.rules.len() - 1]
    }

    /// All ports where control connections arrive, sorted.
    pub fn control_ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.rules.iter().flat_map(ports).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// A rule, and the `[[rule]]` that it comes from.
struct Entry {
    rule: KernelRule,
    number: usize,
    at: Range<usize>,
}

impl Entry {
    /// Whether it is for a part of what `other` is for, or for the same. Ports count only between
    /// the same prefixes.
    fn is_part_of(&self, other: &Self) -> bool {
        let (own, theirs) = (&self.rule, &other.rule);
        let inside = theirs.client.includes(&own.client) && theirs.server.includes(&own.server);
        let same = own.client == theirs.client && own.server == theirs.server;
        inside && (!same || ports(own).all(|port| ports(theirs).any(|other| other == port)))
    }

    /// What both are for: the narrower prefixes and the common ports.
    fn common(&self, other: &Self) -> Option<(Prefix, Prefix, Vec<u16>)> {
        let client = narrower(&self.rule.client, &other.rule.client)?;
        let server = narrower(&self.rule.server, &other.rule.server)?;
        let theirs: Vec<u16> = ports(&other.rule).collect();
        let common: Vec<u16> = ports(&self.rule)
            .filter(|port| theirs.contains(port))
            .collect();
        let possible = Network::from(client).reaches(server.into());
        (possible && !common.is_empty()).then_some((client, server, common))
    }

    /// Whether both say the same of what they are for.
    fn agrees(&self, other: &Self) -> bool {
        let terms = |rule: &KernelRule| KernelRule {
            client: Prefix::ANY,
            server: Prefix::ANY,
            control_ports: Default::default(),
            name: [0; NAME_BYTES],
            ..*rule
        };
        terms(&self.rule) == terms(&other.rule)
    }
}

fn narrower(one: &Prefix, other: &Prefix) -> Option<Prefix> {
    if one.includes(other) {
        Some(*other)
    } else {
        other.includes(one).then_some(*one)
    }
}

/// The control ports of a rule.
pub fn ports(rule: &KernelRule) -> impl Iterator<Item = u16> {
    rule.control_ports.into_iter().filter(|port| *port != 0)
}

/// Notes every two rules of which it is not clear which one counts.
fn check(entries: &[Entry], general: &KernelRule, text: &str, problems: &Problems) {
    let mut told = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let everybody = entry.rule.client.is_any() && entry.rule.server.is_any();
        if everybody && entry.rule.control_ports == general.control_ports {
            problems.add(
                entry.at.clone(),
                "this rule is for everybody: write its keys at the top of the file, or give it a \
                 client, a server or control_ports",
            );
        }
        for earlier in &entries[..i] {
            let pair = (earlier.number, entry.number);
            if earlier.number == entry.number || told.contains(&pair) {
                continue;
            }
            if let Some(message) = contradiction(earlier, entry, entries, text) {
                problems.add(entry.at.clone(), message);
                told.push(pair);
            }
        }
    }
}

fn contradiction(earlier: &Entry, entry: &Entry, all: &[Entry], text: &str) -> Option<String> {
    let (client, server, ports) = earlier.common(entry)?;
    let line = position(text, earlier.at.start).0;
    match (entry.is_part_of(earlier), earlier.is_part_of(entry)) {
        (true, true) => {
            return Some(format!(
                "this rule and the one in line {line} are for the same: client = \"{}\", \
                 server = \"{}\"; remove one of them",
                Network::from(client),
                Network::from(server),
            ));
        }
        (true, false) | (false, true) => return None,
        (false, false) => {}
    }
    let decides = |rule: &KernelRule| {
        rule.client == client
            && rule.server == server
            && ports
                .iter()
                .all(|port| self::ports(rule).any(|own| own == *port))
            && rule.precedence() > entry.rule.precedence().max(earlier.rule.precedence())
    };
    if earlier.agrees(entry) || all.iter().any(|other| decides(&other.rule)) {
        return None;
    }
    let numbers: Vec<String> = ports.iter().map(u16::to_string).collect();
    Some(format!(
        "this rule and the one in line {line} contradict each other where both apply; add a rule \
         for that: client = \"{}\", server = \"{}\", control_ports = [{}]",
        Network::from(client),
        Network::from(server),
        numbers.join(", "),
    ))
}
