//! A whole configuration: what it means.

use std::fmt;

use serde::Serialize;

use super::{PolicyRuleView, Table, TableRow, zone};
use crate::config::{Group, Settings};

/// The configuration as `check` shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PolicyView {
    /// Where new connections are allowed in enforce mode.
    pub allow_ports: Vec<u16>,
    /// The interfaces by the way they are treated.
    pub groups: Vec<GroupView>,
    /// The rules, in the order in which they are tried: the first that applies counts.
    pub rules: Vec<PolicyRuleView>,
}

/// Interfaces that are treated alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// Its interfaces.
    pub interfaces: Vec<String>,
    /// What happens to packets that come in by them.
    pub mode: &'static str,
    /// Where new connections are allowed in enforce mode.
    pub allow_ports: Vec<u16>,
    /// What becomes of packets that are neither TCP nor ICMP in enforce mode.
    pub not_tcp: &'static str,
    /// The conntrack zone of connections that come in by them; 0 is the default one.
    pub zone: u16,
}

impl PolicyView {
    /// The view of settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            allow_ports: settings.allow_ports.clone(),
            groups: settings
                .groups
                .iter()
                .map(|group| GroupView::of(group, settings))
                .collect(),
            rules: settings
                .policy
                .rules()
                .iter()
                .map(PolicyRuleView::of)
                .collect(),
        }
    }
}

impl GroupView {
    fn of(group: &Group, settings: &Settings) -> Self {
        let interfaces = group.interfaces.iter();
        Self {
            name: group.name.clone(),
            interfaces: interfaces.map(|name| name.as_str().to_owned()).collect(),
            mode: match group.mode {
                Some(mode) => mode.name(),
                None if settings.mode_is_default => "by default",
                None => settings.mode.name(),
            },
            allow_ports: group
                .allow_ports
                .clone()
                .unwrap_or_else(|| settings.allow_ports.clone()),
            not_tcp: group.not_tcp.unwrap_or(settings.not_tcp).name(),
            zone: group.zone,
        }
    }
}

impl TableRow for GroupView {
    const TITLES: &'static [&'static str] = &[
        "GROUP",
        "INTERFACES",
        "MODE",
        "ALLOWED",
        "NOT TCP",
        "?>ZONE",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.interfaces.join(" "),
            self.mode.to_owned(),
            list(&self.allow_ports),
            self.not_tcp.to_owned(),
            zone::cell(self.zone.into()),
        ]
    }
}

/// Both tables.
impl fmt::Display for PolicyView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.groups.is_empty() {
            writeln!(
                formatter,
                "no interface: name them with --interface, or in the file"
            )?;
        } else {
            write!(formatter, "{}", Table::of(&self.groups))?;
        }
        write!(formatter, "\n{}", Table::of(&self.rules))
    }
}

fn list(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    if ports.is_empty() {
        "-".to_owned()
    } else {
        ports.join(",")
    }
}
