//! The settings of one instance.

use std::num::NonZeroU16;

use ftp_track_common::rule::CONTROL_PORTS;

use super::{
    Error, File, HookChoice, InterfaceName, Mark, MetricsAddress, Mode, NotTcp, Room, Rooms,
    control_ports,
    group::{self, GENERAL, Group, GroupText},
    policy::Policy,
    rule,
};
use crate::instance::Name;

/// Where FTP control connections arrive unless something else is said (RFC 959, 8).
const CONTROL_PORT: u16 = 21;

/// What one source (the command line, a file) chooses; the rest is left to others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choice {
    /// See [`Settings::name`].
    pub name: Option<Name>,
    /// The interfaces that are in no group.
    pub interfaces: Option<Vec<InterfaceName>>,
    /// Where FTP control connections arrive, unless a rule says something else.
    pub control_ports: Option<Vec<NonZeroU16>>,
    /// See [`Settings::allow_ports`].
    pub allow_ports: Option<Vec<NonZeroU16>>,
    /// See [`Settings::not_tcp`].
    pub not_tcp: Option<NotTcp>,
    /// See [`Settings::hook`].
    pub hook: Option<HookChoice>,
    /// See [`Settings::local`].
    pub local: Option<bool>,
    /// See [`Group::mode`].
    pub mode: Option<Mode>,
    /// See [`Settings::mark`].
    pub mark: Option<Mark>,
    /// See [`Settings::keep`].
    pub keep: Option<bool>,
    /// See [`Settings::wait_for_interfaces`].
    pub wait_for_interfaces: Option<bool>,
    /// See [`Settings::metrics`].
    pub metrics: Option<MetricsAddress>,
    /// Most control connections at once.
    pub max_sessions: Option<Room>,
    /// Most data connections at once.
    pub max_flows: Option<Room>,
}

impl Choice {
    /// These, and `other`'s where there is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            interfaces: self.interfaces.or(other.interfaces),
            control_ports: self.control_ports.or(other.control_ports),
            allow_ports: self.allow_ports.or(other.allow_ports),
            not_tcp: self.not_tcp.or(other.not_tcp),
            hook: self.hook.or(other.hook),
            local: self.local.or(other.local),
            mode: self.mode.or(other.mode),
            mark: self.mark.or(other.mark),
            keep: self.keep.or(other.keep),
            wait_for_interfaces: self.wait_for_interfaces.or(other.wait_for_interfaces),
            metrics: self.metrics.or(other.metrics),
            max_sessions: self.max_sessions.or(other.max_sessions),
            max_flows: self.max_flows.or(other.max_flows),
        }
    }
}

/// The settings of one instance, complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The instance.
    pub name: Name,
    /// The interfaces that are watched, each once.
    pub interfaces: Vec<InterfaceName>,
    /// Where FTP control connections arrive; sorted, at least one.
    pub control_ports: Vec<u16>,
    /// Where new connections are allowed in enforce mode, unless the group says something else;
    /// sorted.
    pub allow_ports: Vec<u16>,
    /// What becomes of packets that are neither TCP nor ICMP in enforce mode, unless the group says
    /// something else.
    pub not_tcp: NotTcp,
    /// Where packets that come in are looked at.
    pub hook: HookChoice,
    /// What this machine says itself, as an FTP client or server, is tracked too: packets are looked at
    /// on their way out.
    pub local: bool,
    /// What happens to packets.
    pub mode: Mode,
    /// Nobody chose the mode: the daemon does.
    pub mode_is_default: bool,
    /// The bits that mark mode sets.
    pub mark: Mark,
    /// Programs and maps stay at work when the daemon ends.
    pub keep: bool,
    /// An interface that is missing is waited for, and is no error.
    pub wait_for_interfaces: bool,
    /// Where the metrics are served, if they are.
    pub metrics: Option<MetricsAddress>,
    /// How many entries the maps have room for.
    pub rooms: Rooms,
    /// The interfaces by the way they are treated.
    pub groups: Vec<Group>,
    /// What is admitted between whom.
    pub policy: Policy,
}

impl Settings {
    /// Settings from what the command line and the file chose, with defaults for the rest. Fails
    /// with everything that is wrong with the file; without an interface, too.
    pub fn complete(line: Choice, file: File) -> Result<Self, Error> {
        let settings = Self::check(line, file)?;
        if settings.interfaces.is_empty() {
            return Err(Error::NoInterface);
        }
        Ok(settings)
    }

    /// Like [`Settings::complete`], but there may be no interface.
    pub fn check(line: Choice, mut file: File) -> Result<Self, Error> {
        let problems = std::mem::take(&mut file.problems);
        control_ports::check_count(&file.control_ports, &problems);
        let is_too_many =
            sorted(line.control_ports.iter().flatten().copied()).len() > CONTROL_PORTS;
        let mode_of_file = file.choice.mode;
        let choice = line.or(std::mem::take(&mut file.choice));
        let mut control_ports = sorted(choice.control_ports.into_iter().flatten());
        if control_ports.is_empty() {
            control_ports.push(CONTROL_PORT);
        }
        let mut general = rule::built_in(&control_ports);
        file.terms.apply(&mut general, &problems);
        let policy = Policy::new(general, &file.rules, &file.text, &problems);
        let everybody = Group {
            name: GENERAL.to_owned(),
            interfaces: distinct(choice.interfaces.into_iter().flatten()),
            ..Group::default()
        };
        let mode = choice.mode.unwrap_or(Mode::Observe);
        let allow_ports = sorted(choice.allow_ports.into_iter().flatten());
        let groups = group::complete(everybody, &file.groups, &file.text, &problems);
        group::check_lists(&allow_ports, &file.groups, &problems);
        let mut modes = file.groups.iter().filter_map(GroupText::mode);
        if let Some(written) = mode_of_file
            && ![written, mode].contains(&Mode::Enforce)
            && modes.all(|mode| mode != Mode::Enforce)
        {
            file.enforced.refuse(written, "everything here", &problems);
        }
        file.check(problems)?;
        if is_too_many {
            return Err(Error::TooManyControlPorts);
        }
        let interfaces = groups.iter().flat_map(|group| group.interfaces.clone());
        Ok(Self {
            name: choice.name.unwrap_or_default(),
            interfaces: interfaces.collect(),
            control_ports: policy.control_ports(),
            allow_ports,
            not_tcp: choice.not_tcp.unwrap_or_default(),
            mode,
            hook: choice.hook.unwrap_or_default(),
            local: choice.local.unwrap_or(true),
            mode_is_default: choice.mode.is_none(),
            mark: choice.mark.unwrap_or_default(),
            groups,
            policy,
            keep: choice.keep.unwrap_or_default(),
            wait_for_interfaces: choice.wait_for_interfaces.unwrap_or_default(),
            metrics: choice.metrics,
            rooms: Rooms::of(choice.max_sessions, choice.max_flows),
        })
    }
}

impl Settings {
    /// The modes of all groups, each once.
    pub fn mode_names(&self) -> String {
        let modes = self.groups.iter().map(|group| group.mode);
        let mut names: Vec<&str> = modes.map(|mode| mode.unwrap_or(self.mode).name()).collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }

    /// Whether a group is in `mode`.
    pub fn uses(&self, mode: Mode) -> bool {
        let mut modes = self.groups.iter().map(|group| group.mode);
        modes.any(|own| own.unwrap_or(self.mode) == mode)
    }

    /// Whether nothing is ever dropped, marked or admitted.
    pub fn only_observes(&self) -> bool {
        let mut modes = self.groups.iter().map(|group| group.mode);
        modes.all(|own| own.unwrap_or(self.mode) == Mode::Observe)
    }

    /// What happens to packets that come in by `interface`.
    pub fn mode_of(&self, interface: &InterfaceName) -> Mode {
        let mode = self.group_of(interface).and_then(|group| group.mode);
        mode.unwrap_or(self.mode)
    }

    /// Whether what comes in by `interface` and is neither TCP nor ICMP is dropped.
    pub fn is_tcp_only(&self, interface: &InterfaceName) -> bool {
        let not_tcp = self.group_of(interface).and_then(|group| group.not_tcp);
        not_tcp.unwrap_or(self.not_tcp) == NotTcp::Drop
    }

    /// The conntrack zone of what comes in by `interface`.
    pub fn zone_of(&self, interface: &InterfaceName) -> u16 {
        self.group_of(interface).map_or(0, |group| group.zone)
    }

    /// The first group in conntrack mode that has a zone.
    pub fn zone_for_conntrack(&self) -> Option<&Group> {
        let mut groups = self.groups.iter();
        groups.find(|group| group.zone != 0 && group.mode.unwrap_or(self.mode) == Mode::Conntrack)
    }

    /// The different lists of allowed ports, each once; the first is the general one.
    pub fn port_lists(&self) -> Vec<&[u16]> {
        let mut lists: Vec<&[u16]> = vec![&self.allow_ports];
        for list in self
            .groups
            .iter()
            .filter_map(|group| group.allow_ports.as_deref())
        {
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
        lists
    }

    /// Which of [`Settings::port_lists`] counts for `interface`.
    pub fn list_of(&self, interface: &InterfaceName) -> u8 {
        let own = self
            .group_of(interface)
            .and_then(|group| group.allow_ports.as_deref());
        let list = own.unwrap_or(&self.allow_ports);
        let place = self.port_lists().iter().position(|other| *other == list);
        place.unwrap_or_default() as u8
    }

    fn group_of(&self, interface: &InterfaceName) -> Option<&Group> {
        let mut groups = self.groups.iter();
        groups.find(|group| group.interfaces.contains(interface))
    }
}

pub(super) fn distinct(names: impl IntoIterator<Item = InterfaceName>) -> Vec<InterfaceName> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

pub(super) fn sorted(ports: impl IntoIterator<Item = NonZeroU16>) -> Vec<u16> {
    let mut ports: Vec<u16> = ports.into_iter().map(NonZeroU16::get).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn lan() -> Choice {
        Choice {
            interfaces: Some(vec!["lan".parse().unwrap(), "lan".parse().unwrap()]),
            ..Choice::default()
        }
    }

    fn file(text: &str) -> File {
        File::parse(text.to_owned(), Path::new("f"))
    }

    #[test]
    fn defaults() {
        let settings = Settings::complete(lan(), File::default()).unwrap();
        assert_eq!(settings.interfaces.len(), 1);
        assert_eq!(settings.control_ports, [21]);
        assert!(settings.mode_is_default);
        assert_eq!(settings.policy.rules(), [rule::built_in(&[21])]);
    }

    #[test]
    fn the_command_line_wins() {
        let port = |port| NonZeroU16::new(port).unwrap();
        let line = Choice {
            control_ports: Some(vec![port(2121), port(21), port(21)]),
            ..lan()
        };
        let text =
            "mode = 'enforce'\ncontrol_ports = [99]\ninterfaces = ['wan']\nsession_idle = 60";
        let settings = Settings::complete(line, file(text)).unwrap();
        assert_eq!(settings.control_ports, [21, 2121]);
        assert_eq!(settings.mode_names(), "enforce");
        assert_eq!(settings.interfaces, ["lan".parse().unwrap()]);
        assert_eq!(settings.policy.general().session_idle, 60_000_000_000);
    }

    #[test]
    fn an_interface_is_needed() {
        let nothing = Settings::complete(Choice::default(), File::default());
        assert!(matches!(nothing, Err(Error::NoInterface)));
        let group = "[[group]]\ninterfaces = ['lan']";
        assert!(Settings::complete(Choice::default(), file(group)).is_ok());
        assert!(Settings::check(Choice::default(), File::default()).is_ok());
    }

    #[test]
    fn too_many_control_ports() {
        let ports = (1..=17).filter_map(NonZeroU16::new).collect();
        let line = Choice {
            control_ports: Some(ports),
            ..lan()
        };
        let many = Settings::complete(line.clone(), File::default());
        assert!(matches!(many, Err(Error::TooManyControlPorts)));
        // The file's faults are not hidden by it.
        let both = Settings::complete(line, file("mode = 'x'"));
        assert!(matches!(both, Err(Error::Invalid(_))));
    }
}
