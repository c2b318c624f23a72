//! How a tracker is.

use std::fmt::{self, Write as _};

use ftp_track_common::{
    config::Mode,
    interface::{INGRESS, Interface as Slot},
    rule::Rule,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Seconds, duration};
use crate::escape;

/// Whether a tracker is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackerState {
    /// Its daemon runs.
    Running,
    /// Its daemon has ended; the programs go on tracking.
    Left,
    /// Its daemon does not answer; the programs go on tracking.
    Silent,
    /// There is nothing.
    Absent,
}

/// The program on an interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DoorView {
    /// The interface's name.
    pub name: String,
    /// Its index; none while it is not tracked.
    pub index: Option<u32>,
    /// Where packets that come in are seen: `driver` or `generic` (XDP), `tcx` or `clsact` (TC);
    /// none while it is not tracked.
    pub hook: Option<String>,
    /// Where packets that leave are seen: `tcx` or `clsact`.
    pub egress: Option<String>,
    /// Why it is not tracked as the settings ask; none where it is, and where it does not exist yet.
    pub refused: Option<String>,
}

impl fmt::Display for DoorView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let refused = self.refused.as_deref().map(escape::one_line);
        match (&self.hook, refused) {
            (Some(hook), None) => write!(formatter, "{name} ({hook})"),
            (Some(hook), Some(reason)) => {
                write!(
                    formatter,
                    "{name} ({hook}; not as the settings ask: {reason})"
                )
            }
            (None, Some(reason)) => write!(formatter, "{name} (not tracked: {reason})"),
            (None, None) => write!(formatter, "{name} (does not exist yet)"),
        }
    }
}

/// A warning or an error that the daemon logged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RemarkView {
    /// When.
    pub time: Timestamp,
    /// `warning` or `error`.
    pub level: String,
    /// What it said.
    pub message: String,
}

/// What a running daemon says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunningView {
    /// The version of ftp-track.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// When it started.
    pub started: Timestamp,
    /// What happens to packets.
    pub mode: String,
    /// Whether programs and maps stay when it ends.
    pub keep: bool,
    /// Where the metrics are served: `ADDRESS:PORT` or `unix:PATH`; none where they are not.
    pub metrics: Option<String>,
    /// The interfaces that it was told to watch.
    pub interfaces: Vec<DoorView>,
    /// Its last warnings and errors, the oldest first.
    pub remarks: Vec<RemarkView>,
}

/// The settings in force.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SettingsView {
    /// What happens to packets, on each interface that is tracked; each mode once.
    pub modes: Vec<&'static str>,
    /// Where control connections arrive.
    pub control_ports: Vec<u16>,
    /// Where new connections are allowed, in one group or another.
    pub allow_ports: Vec<u16>,
    /// How many rules the policy has, with the one for everybody.
    pub rules: usize,
    /// How long an expectation waits, by the rule for everybody.
    pub expectation_lifetime_seconds: Seconds,
    /// How long a control connection may be silent, by the rule for everybody.
    pub session_idle_seconds: Seconds,
    /// How long a data connection may be silent, by the rule for everybody.
    pub flow_idle_seconds: Seconds,
}

impl SettingsView {
    /// From what the kernel programs read.
    pub fn of(
        rules: &[Rule],
        slots: &[Slot],
        control_ports: Vec<u16>,
        allow_ports: Vec<u16>,
    ) -> Self {
        let tracked = slots.iter().filter(|slot| slot.has(INGRESS));
        let mut modes: Vec<&str> = tracked
            .filter_map(|slot| Mode::from_number(slot.mode))
            .map(Mode::name)
            .collect();
        modes.sort_unstable();
        modes.dedup();
        let general = rules.last().copied().unwrap_or_else(Rule::open);
        Self {
            rules: rules.len(),
            modes,
            control_ports,
            allow_ports,
            expectation_lifetime_seconds: Seconds::between(0, general.expectation_lifetime),
            session_idle_seconds: Seconds::between(0, general.session_idle),
            flow_idle_seconds: Seconds::between(0, general.flow_idle),
        }
    }
}

/// How full a map is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FillView {
    /// The map.
    pub map: String,
    /// Entries in it.
    pub entries: usize,
    /// Entries that it can hold.
    pub capacity: usize,
}

/// How a tracker is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StatusView {
    /// Whether it is there.
    pub state: TrackerState,
    /// What its daemon says.
    pub daemon: Option<RunningView>,
    /// The settings in force.
    pub settings: Option<SettingsView>,
    /// Links that hold the programs.
    pub links: usize,
    /// How full the maps are.
    pub maps: Vec<FillView>,
    /// Events that found the ring buffer full.
    pub lost_events: u64,
    /// Other versions of the layout that have pins of this name.
    pub other_layouts: Vec<u32>,
}

impl fmt::Display for StatusView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (self.state, &self.daemon) {
            (TrackerState::Absent, _) => "no tracker".to_owned(),
            (_, Some(daemon)) => {
                let up = Timestamp::now()
                    .duration_since(daemon.started)
                    .as_secs_f64();
                format!(
                    "running: ftp-track {}, process {}, for {}",
                    daemon.version,
                    daemon.pid,
                    duration(Seconds(up.max(0.0)))
                )
            }
            (TrackerState::Silent, _) => "no answer; its programs go on tracking".to_owned(),
            (_, None) => "not running; its programs go on tracking".to_owned(),
        };
        writeln!(formatter, "state:        {state}")?;
        for version in &self.other_layouts {
            writeln!(
                formatter,
                "other build:  has pins of layout {version} under this name"
            )?;
        }
        let Some(settings) = &self.settings else {
            return Ok(());
        };
        match &self.daemon {
            Some(daemon) => {
                for interface in &daemon.interfaces {
                    writeln!(formatter, "interface:    {interface}")?;
                }
                if let Some(metrics) = &daemon.metrics {
                    let metrics = escape::one_line(metrics);
                    writeln!(formatter, "metrics:      {metrics}")?;
                }
            }
            None => writeln!(formatter, "links:        {}", self.links)?,
        }
        writeln!(formatter, "mode:         {}", settings.modes.join(", "))?;
        writeln!(formatter, "control port: {}", list(&settings.control_ports))?;
        writeln!(formatter, "allow port:   {}", list(&settings.allow_ports))?;
        writeln!(
            formatter,
            "times:        expectation {}, session idle {}, flow idle {}",
            duration(settings.expectation_lifetime_seconds),
            duration(settings.session_idle_seconds),
            duration(settings.flow_idle_seconds)
        )?;
        for FillView {
            map,
            entries,
            capacity,
        } in &self.maps
        {
            writeln!(
                formatter,
                "{:<14}{entries} of {capacity}",
                format!("{map}:")
            )?;
        }
        writeln!(formatter, "lost events:  {}", self.lost_events)?;
        for remark in self.daemon.iter().flat_map(|daemon| &daemon.remarks) {
            writeln!(
                formatter,
                "{:<13} {:.0} {}",
                format!("{}:", remark.level),
                remark.time,
                escape::one_line(&remark.message)
            )?;
        }
        Ok(())
    }
}

fn list(ports: &[u16]) -> String {
    let mut text = String::new();
    for port in ports {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        _ = write!(text, "{comma}{port}");
    }
    if text.is_empty() {
        text.push('-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors() {
        let hook = || Some("tcx".to_owned());
        let reason = || Some("why\nnot".to_owned());
        for (hook, refused, expect) in [
            (hook(), None, "wan (tcx)"),
            (
                hook(),
                reason(),
                "wan (tcx; not as the settings ask: why\\nnot)",
            ),
            (None, reason(), "wan (not tracked: why\\nnot)"),
            (None, None, "wan (does not exist yet)"),
        ] {
            let door = DoorView {
                name: "wan".to_owned(),
                index: None,
                hook,
                egress: None,
                refused,
            };
            assert_eq!(door.to_string(), expect);
        }
    }

    #[test]
    fn left_behind() {
        let view = StatusView {
            state: TrackerState::Left,
            daemon: None,
            settings: Some(SettingsView::of(
                &[Rule::open()],
                &[Slot {
                    flags: INGRESS,
                    ..Slot::new(3, Mode::Enforce)
                }],
                vec![21, 2121],
                vec![],
            )),
            links: 2,
            maps: vec![FillView {
                map: "sessions".to_owned(),
                entries: 3,
                capacity: 10,
            }],
            lost_events: 0,
            other_layouts: vec![1],
        };
        let text = view.to_string();
        for line in [
            "state:        not running; its programs go on tracking\n",
            "other build:  has pins of layout 1 under this name\n",
            "links:        2\n",
            "mode:         enforce\n",
            "control port: 21, 2121\n",
            "allow port:   -\n",
            "sessions:     3 of 10\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["state"], "left");
        let silent = StatusView {
            state: TrackerState::Silent,
            ..view.clone()
        };
        let text = silent.to_string();
        assert!(
            text.starts_with("state:        no answer; its programs"),
            "{text}"
        );
        assert!(text.contains("sessions:     3 of 10\n"), "{text}");
        assert_eq!(json["settings"]["control_ports"][1], 2121);
    }
}
