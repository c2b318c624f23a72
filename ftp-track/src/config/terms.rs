//! What is admitted, as the file says it: at its top for everybody, in a rule for some.

use ftp_track_common::rule::{Action, LogLevel, PORT_RANGES, Rule, THIRD_HOSTS};
use toml::Spanned;

use super::{
    Lifetime,
    document::{Problems, Section},
    network::Network,
    ports::Ports,
};

const NO_PORTS: &str = "no port admits nothing: every announcement would be refused; leave the list out, or write \
                        active = false and passive = false";

/// The keys that a rule and the top of the file have in common. What is not said stays as it was.
#[derive(Debug, Default)]
pub struct Terms {
    action: Option<Spanned<Action>>,
    active: Option<Spanned<bool>>,
    passive: Option<Spanned<bool>>,
    ports: Option<Vec<Spanned<Ports>>>,
    fxp: Option<Vec<Spanned<Network>>>,
    source_port_20: Option<Spanned<bool>>,
    pending_per_session: Option<Spanned<u32>>,
    sessions_per_client: Option<Spanned<u32>>,
    flows_per_client: Option<Spanned<u32>>,
    expectation_lifetime: Option<Spanned<Lifetime>>,
    session_idle: Option<Spanned<Lifetime>>,
    flow_idle: Option<Spanned<Lifetime>>,
    log: Option<Spanned<LogLevel>>,
}

impl Terms {
    /// Reads them from a table.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            action: section.get("action"),
            active: section.get("active"),
            passive: section.get("passive"),
            ports: section.filled("ports", NO_PORTS),
            fxp: section.list("fxp"),
            source_port_20: section.get("source_port_20"),
            pending_per_session: section.get("pending_per_session"),
            sessions_per_client: section.get("sessions_per_client"),
            flows_per_client: section.get("flows_per_client"),
            expectation_lifetime: section.get("expectation_lifetime"),
            session_idle: section.get("session_idle"),
            flow_idle: section.get("flow_idle"),
            log: section.get("log"),
        }
    }

    /// Changes `rule` to what is said here. What contradicts itself is noted.
    pub fn apply(&self, rule: &mut Rule, problems: &Problems) {
        if let Some(action) = &self.action {
            rule.action = *action.get_ref() as u8;
        }
        for (flag, place) in [
            (&self.active, &mut rule.active),
            (&self.passive, &mut rule.passive),
            (&self.source_port_20, &mut rule.source_port_20),
        ] {
            if let Some(flag) = flag {
                *place = u8::from(*flag.get_ref());
            }
        }
        for (limit, place) in [
            (&self.sessions_per_client, &mut rule.sessions_per_client),
            (&self.flows_per_client, &mut rule.flows_per_client),
        ] {
            if let Some(limit) = limit {
                *place = *limit.get_ref();
            }
        }
        for (lifetime, place) in [
            (&self.expectation_lifetime, &mut rule.expectation_lifetime),
            (&self.session_idle, &mut rule.session_idle),
            (&self.flow_idle, &mut rule.flow_idle),
        ] {
            if let Some(lifetime) = lifetime {
                *place = lifetime.get_ref().nanoseconds();
            }
        }
        if let Some(log) = &self.log {
            rule.log = *log.get_ref() as u8;
        }
        self.apply_pending(rule, problems);
        self.apply_ports(rule, problems);
        self.apply_fxp(rule, problems);
        self.check_action(rule, problems);
        self.check_active(rule, problems);
        self.check_lifetimes(rule, problems);
    }

    fn apply_pending(&self, rule: &mut Rule, problems: &Problems) {
        let Some(pending) = &self.pending_per_session else {
            return;
        };
        match *pending.get_ref() {
            count @ (0 | 1) => rule.pending = count as u8,
            count => problems.add(
                pending.span(),
                format!(
                    "{count} is not possible: one control connection expects one data connection \
                     at a time (1), or none (0)"
                ),
            ),
        }
    }

    fn apply_ports(&self, rule: &mut Rule, problems: &Problems) {
        let Some(ports) = &self.ports else {
            return;
        };
        rule.ports = Default::default();
        if let Some(last) = ports.get(PORT_RANGES) {
            let message = format!("a rule has at most {PORT_RANGES} ranges of ports");
            problems.add(last.span(), message);
        }
        for (i, range) in ports.iter().enumerate() {
            for earlier in &ports[..i] {
                let (one, other) = (earlier.get_ref(), range.get_ref());
                if let Some(joined) = one.joined(*other) {
                    let message = format!("{other} and {one} overlap; did you mean \"{joined}\"?");
                    problems.add(range.span(), message);
                }
            }
            if let Some(place) = rule.ports.get_mut(i) {
                *place = range.get_ref().range();
            }
        }
    }

    fn apply_fxp(&self, rule: &mut Rule, problems: &Problems) {
        let Some(networks) = &self.fxp else {
            return;
        };
        check_apart(networks, problems);
        if let Some(last) = networks.get(THIRD_HOSTS) {
            let message = format!("a rule names at most {THIRD_HOSTS} prefixes of third hosts");
            problems.add(last.span(), message);
        }
        rule.fxp = Rule::open().fxp;
        for (place, network) in rule.fxp.iter_mut().zip(networks) {
            *place = network.get_ref().prefix();
        }
        rule.fxp_count = networks.len().min(THIRD_HOSTS) as u8;
    }

    /// Where nothing is tracked, nothing else has a meaning.
    fn check_action(&self, rule: &Rule, problems: &Problems) {
        let Some(action) = &self.action else {
            return;
        };
        if rule.tracks() {
            return;
        }
        let said = [
            ("active", self.active.as_ref().map(Spanned::span)),
            ("passive", self.passive.as_ref().map(Spanned::span)),
            ("ports", first(&self.ports)),
            ("fxp", first(&self.fxp)),
            (
                "source_port_20",
                self.source_port_20.as_ref().map(Spanned::span),
            ),
            (
                "pending_per_session",
                self.pending_per_session.as_ref().map(Spanned::span),
            ),
            (
                "sessions_per_client",
                self.sessions_per_client.as_ref().map(Spanned::span),
            ),
            (
                "flows_per_client",
                self.flows_per_client.as_ref().map(Spanned::span),
            ),
        ];
        for (key, at) in said {
            if let Some(at) = at {
                let action = action.get_ref().name();
                let message = format!(
                    "`{key}` contradicts action = \"{action}\", by which no data connection is \
                     expected; remove one of them"
                );
                problems.add(at, message);
            }
        }
    }

    fn check_active(&self, rule: &Rule, problems: &Problems) {
        if rule.active != 0 {
            return;
        }
        if let Some(flag) = self.source_port_20.as_ref().filter(|flag| *flag.get_ref()) {
            problems.add(
                flag.span(),
                "`source_port_20` is about active mode, and active is false here; remove one of them",
            );
        }
    }

    fn check_lifetimes(&self, rule: &Rule, problems: &Problems) {
        if rule.expectation_lifetime <= rule.session_idle {
            return;
        }
        let said = self.expectation_lifetime.as_ref();
        if let Some(said) = said.or(self.session_idle.as_ref()) {
            problems.add(
                said.span(),
                "the control connection (session_idle) would be given up before what it \
                 announced (expectation_lifetime)",
            );
        }
    }
}

fn first<T>(values: &Option<Vec<Spanned<T>>>) -> Option<std::ops::Range<usize>> {
    values.as_ref()?.first().map(Spanned::span)
}

/// Notes prefixes of a list that are a part of others.
pub fn check_apart(networks: &[Spanned<Network>], problems: &Problems) {
    for (i, network) in networks.iter().enumerate() {
        for earlier in &networks[..i] {
            let (one, other) = (earlier.get_ref(), network.get_ref());
            if one.prefix().overlaps(&other.prefix()) {
                let part = format!("{one} and {other} overlap; one of them is enough");
                problems.add(network.span(), part);
            }
        }
    }
}
