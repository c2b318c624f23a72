//! A `[[rule]]` of the file.

use std::{num::NonZeroU16, ops::Range};

use ftp_track_common::rule::{CONTROL_PORTS, NAME_BYTES, Rule as KernelRule};
use toml::Spanned;

use super::{
    control_ports,
    document::{Problems, Section},
    network::Network,
    terms::{Terms, check_apart},
};

/// What holds where the file says nothing, for control connections to `control_ports`.
pub fn built_in(control_ports: &[u16]) -> KernelRule {
    let mut rule = KernelRule::open();
    rule.control_ports = kernel_ports(control_ports);
    rule.name = kernel_name("default");
    rule
}

/// The rule as it is written.
#[derive(Debug)]
pub struct Rule {
    at: Range<usize>,
    name: Option<Spanned<String>>,
    client: Vec<Spanned<Network>>,
    server: Vec<Spanned<Network>>,
    control_ports: Option<Vec<Spanned<NonZeroU16>>>,
    terms: Terms,
}

impl Rule {
    /// Reads it.
    pub fn read(mut section: Section<'_>) -> Self {
        let any = |section: &Section<'_>| vec![Spanned::new(section.at(), Network::ANY)];
        let rule = Self {
            at: section.at(),
            name: section.get("name"),
            client: section.list("client").unwrap_or_else(|| any(&section)),
            server: section.list("server").unwrap_or_else(|| any(&section)),
            control_ports: section.list("control_ports"),
            terms: Terms::read(&mut section),
        };
        section.finish();
        rule
    }

    /// Where it stands in the file.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Its name, or else its number, from 1.
    pub fn name(&self, number: usize) -> String {
        match &self.name {
            Some(name) => name.get_ref().clone(),
            None => number.to_string(),
        }
    }

    /// What it means to the kernel: one rule for each pair of prefixes, with the `general` rule's
    /// terms where it has none of its own.
    pub fn expand(
        &self,
        number: usize,
        general: &KernelRule,
        problems: &Problems,
    ) -> Vec<KernelRule> {
        self.check(problems);
        let mut rule = *general;
        rule.name = kernel_name(&self.name(number));
        if let Some(ports) = &self.control_ports {
            rule.control_ports = kernel_ports(&control_ports::numbers(ports));
        }
        self.terms.apply(&mut rule, problems);
        let mut rules = Vec::new();
        for client in &self.client {
            for server in &self.server {
                if !client.get_ref().reaches(*server.get_ref()) {
                    continue;
                }
                let mut pair = rule;
                pair.client = client.get_ref().prefix();
                pair.server = server.get_ref().prefix();
                rules.push(pair);
            }
        }
        if rules.is_empty() && !self.client.is_empty() && !self.server.is_empty() {
            let message = "no client of one address family reaches a server of the other";
            problems.add(self.at(), message);
        }
        rules
    }

    fn check(&self, problems: &Problems) {
        if let Some(name) = &self.name {
            let text = name.get_ref();
            let plain = !text.is_empty() && !text.chars().any(char::is_control);
            if !plain || text.len() > NAME_BYTES {
                let message = format!("a rule's name has 1 to {NAME_BYTES} bytes, none of control");
                problems.add(name.span(), message);
            }
        }
        for networks in [&self.client, &self.server] {
            if networks.is_empty() {
                problems.add(
                    self.at(),
                    "an empty list is for nobody; write any, or leave it out",
                );
            }
            check_apart(networks, problems);
        }
        if let Some(ports) = &self.control_ports {
            control_ports::check(ports, self.at(), problems);
        }
    }
}

fn kernel_ports(ports: &[u16]) -> [u16; CONTROL_PORTS] {
    let mut kernel = [0; CONTROL_PORTS];
    for (place, port) in kernel.iter_mut().zip(ports) {
        *place = *port;
    }
    kernel
}

fn kernel_name(name: &str) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    for (place, byte) in bytes.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    bytes
}
