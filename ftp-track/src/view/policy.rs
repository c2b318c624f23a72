//! A whole configuration: what it means.

use std::fmt;

use serde::Serialize;

use super::{PolicyRuleView, Table, TableRow, zone};
use crate::{
    config::{Group, Settings},
    escape,
};

/// The configuration as `check` shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PolicyView {
    /// The name of the tracker; in JSON, the metainfo says it.
    #[serde(skip)]
    pub name: String,
    /// Where packets that come in are looked at.
    pub hook: &'static str,
    /// Whether FTP of this machine itself is tracked too.
    pub local: bool,
    /// The bits that mark mode sets: VALUE/MASK.
    pub mark: String,
    /// Whether programs and maps stay at work when the tracker ends.
    pub keep: bool,
    /// Whether interfaces that do not exist are waited for.
    pub wait_for_interfaces: bool,
    /// Where metrics are served: `ADDRESS:PORT` or `unix:PATH`; none where they are not.
    pub metrics: Option<String>,
    /// How many control connections there may be at once.
    pub max_sessions: u32,
    /// How many data connections there may be at once.
    pub max_flows: u32,
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
            name: settings.name.to_string(),
            hook: settings.hook.name(),
            local: settings.local,
            mark: settings.mark.to_string(),
            keep: settings.keep,
            wait_for_interfaces: settings.wait_for_interfaces,
            metrics: settings.metrics.as_ref().map(ToString::to_string),
            max_sessions: settings.rooms.sessions(),
            max_flows: settings.rooms.flows(),
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
            escape::one_line(&self.name),
            self.interfaces.join(" "),
            self.mode.to_owned(),
            list(&self.allow_ports),
            self.not_tcp.to_owned(),
            zone::cell(self.zone.into()),
        ]
    }
}

/// What holds for the tracker as a whole, and both tables.
impl fmt::Display for PolicyView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.metrics.as_deref().unwrap_or("nowhere");
        for (key, value) in [
            ("name", self.name.clone()),
            ("hook", self.hook.to_owned()),
            ("local", self.local.to_string()),
            ("mark", self.mark.clone()),
            ("keep", self.keep.to_string()),
            ("wait_for_interfaces", self.wait_for_interfaces.to_string()),
            ("metrics", escape::one_line(metrics)),
            ("max_sessions", self.max_sessions.to_string()),
            ("max_flows", self.max_flows.to_string()),
        ] {
            writeln!(formatter, "{:<21}{value}", format!("{key}:"))?;
        }
        writeln!(formatter)?;
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
