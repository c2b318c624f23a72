//! A rule of the policy.

use ftp_track_common::{
    prefix::Prefix,
    rule::{Action, LogLevel, PortRange, Rule},
};
use serde::Serialize;

use super::TableRow;
use crate::config::{Network, Ports};

const SECOND: u64 = 1_000_000_000;

/// A rule, as `check` shows it. Times in seconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PolicyRuleView {
    /// Its name, or its number in the file.
    pub name: String,
    /// The clients it is for.
    pub client: String,
    /// The servers it is for.
    pub server: String,
    /// The ports of the control connections it is for.
    pub control_ports: Vec<u16>,
    /// What is done with them.
    pub action: &'static str,
    /// PORT and EPRT are admitted.
    pub active: bool,
    /// PASV and EPSV are admitted.
    pub passive: bool,
    /// Ports that data connections may go to.
    pub ports: Vec<String>,
    /// Third hosts with which there may be data connections.
    pub fxp: Vec<String>,
    /// Active data connections have to come from port 20.
    pub source_port_20: bool,
    /// Data connections that may be announced at a time.
    pub pending_per_session: u8,
    /// Control connections that one client may have.
    pub sessions_per_client: u32,
    /// Data connections that one client may have.
    pub flows_per_client: u32,
    /// How long an announced data connection is waited for.
    pub expectation_lifetime: u64,
    /// How long a control connection may be silent.
    pub session_idle: u64,
    /// How long a data connection may be silent.
    pub flow_idle: u64,
    /// How the journal speaks of it.
    pub log: &'static str,
}

impl PolicyRuleView {
    /// The view of a rule.
    pub fn of(rule: &Rule) -> Self {
        let network = |prefix: &Prefix| Network::from(*prefix).to_string();
        let ranges = rule
            .ports
            .iter()
            .filter(|range| **range != PortRange::default());
        let control = rule.control_ports.into_iter().filter(|port| *port != 0);
        Self {
            name: rule_name(rule),
            client: network(&rule.client),
            server: network(&rule.server),
            control_ports: control.collect(),
            action: Action::from_number(rule.action).map_or("?", Action::name),
            active: rule.active != 0,
            passive: rule.passive != 0,
            ports: ranges
                .map(|range| Ports::from(*range).to_string())
                .collect(),
            fxp: rule
                .fxp
                .iter()
                .take(usize::from(rule.fxp_count))
                .map(network)
                .collect(),
            source_port_20: rule.source_port_20 != 0,
            pending_per_session: rule.pending,
            sessions_per_client: rule.sessions_per_client,
            flows_per_client: rule.flows_per_client,
            expectation_lifetime: rule.expectation_lifetime / SECOND,
            session_idle: rule.session_idle / SECOND,
            flow_idle: rule.flow_idle / SECOND,
            log: LogLevel::from_number(rule.log).map_or("?", LogLevel::name),
        }
    }

    /// What it admits, in a few words.
    fn admits(&self) -> String {
        if self.action != Action::Track.name() {
            return self.action.to_owned();
        }
        let mut modes = Vec::new();
        if self.active && self.pending_per_session != 0 {
            modes.push(if self.source_port_20 {
                "active from port 20".to_owned()
            } else {
                "active".to_owned()
            });
        }
        if self.passive && self.pending_per_session != 0 {
            modes.push("passive".to_owned());
        }
        if !modes.is_empty() && !self.fxp.is_empty() {
            modes.push(format!("FXP {}", self.fxp.join(" ")));
        }
        if modes.is_empty() {
            return "nothing".to_owned();
        }
        modes.join(", ")
    }
}

/// The name of a rule.
pub fn rule_name(rule: &Rule) -> String {
    let text = String::from_utf8_lossy(&rule.name);
    text.trim_end_matches('\0').to_owned()
}

impl TableRow for PolicyRuleView {
    const TITLES: &'static [&'static str] = &[
        "RULE",
        "CLIENT",
        "SERVER",
        "CONTROL",
        "ADMITS",
        "PORTS",
        ">SESSIONS",
        ">FLOWS",
        ">EXPECT",
        ">IDLE",
        ">FLOW",
        "LOG",
    ];

    fn cells(&self) -> Vec<String> {
        let control: Vec<String> = self.control_ports.iter().map(u16::to_string).collect();
        let limit = |limit: u32| match limit {
            0 => "-".to_owned(),
            limit => limit.to_string(),
        };
        let seconds = |seconds: u64| format!("{seconds}s");
        vec![
            self.name.clone(),
            self.client.clone(),
            self.server.clone(),
            control.join(","),
            self.admits(),
            self.ports.join(","),
            limit(self.sessions_per_client),
            limit(self.flows_per_client),
            seconds(self.expectation_lifetime),
            seconds(self.session_idle),
            seconds(self.flow_idle),
            self.log.to_owned(),
        ]
    }
}
