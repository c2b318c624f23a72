//! The settings of one instance.

use std::num::NonZeroU16;

use ftp_track_common::config::Config;

use super::{Error, HookChoice, InterfaceName, Lifetime, Mark, Mode};
use crate::instance::Name;

/// Where FTP control connections arrive unless something else is said (RFC 959, 8).
const CONTROL_PORT: u16 = 21;

/// What one source (the command line, a file) chooses; the rest is left to others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choice {
    /// See [`Settings::name`].
    pub name: Option<Name>,
    /// See [`Settings::interfaces`].
    pub interfaces: Option<Vec<InterfaceName>>,
    /// See [`Settings::control_ports`].
    pub control_ports: Option<Vec<NonZeroU16>>,
    /// See [`Settings::allow_ports`].
    pub allow_ports: Option<Vec<NonZeroU16>>,
    /// See [`Settings::hook`].
    pub hook: Option<HookChoice>,
    /// See [`Settings::mode`].
    pub mode: Option<Mode>,
    /// See [`Settings::mark`].
    pub mark: Option<Mark>,
    /// How long an expectation waits.
    pub expectation_lifetime: Option<Lifetime>,
    /// How long a control connection may be silent.
    pub session_idle: Option<Lifetime>,
    /// How long a data connection may be silent.
    pub flow_idle: Option<Lifetime>,
    /// See [`Settings::keep`].
    pub keep: Option<bool>,
    /// See [`Settings::wait_for_interfaces`].
    pub wait_for_interfaces: Option<bool>,
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
            hook: self.hook.or(other.hook),
            mode: self.mode.or(other.mode),
            mark: self.mark.or(other.mark),
            expectation_lifetime: self.expectation_lifetime.or(other.expectation_lifetime),
            session_idle: self.session_idle.or(other.session_idle),
            flow_idle: self.flow_idle.or(other.flow_idle),
            keep: self.keep.or(other.keep),
            wait_for_interfaces: self.wait_for_interfaces.or(other.wait_for_interfaces),
        }
    }
}

/// The settings of one instance, complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The instance.
    pub name: Name,
    /// The interfaces that are watched, each once, at least one.
    pub interfaces: Vec<InterfaceName>,
    /// Where FTP control connections arrive; sorted, at least one.
    pub control_ports: Vec<u16>,
    /// Where new connections are allowed in enforce mode; sorted.
    pub allow_ports: Vec<u16>,
    /// Where packets that come in are looked at.
    pub hook: HookChoice,
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
    lifetimes: [Option<Lifetime>; 3],
}

impl Settings {
    /// Settings from what was chosen, with defaults for the rest.
    pub fn complete(choice: Choice) -> Result<Self, Error> {
        let mut interfaces = Vec::new();
        for interface in choice.interfaces.unwrap_or_default() {
            if !interfaces.contains(&interface) {
                interfaces.push(interface);
            }
        }
        if interfaces.is_empty() {
            return Err(Error::NoInterface);
        }
        let mut control_ports = sorted(choice.control_ports);
        if control_ports.is_empty() {
            control_ports.push(CONTROL_PORT);
        }
        Ok(Self {
            name: choice.name.unwrap_or_default(),
            interfaces,
            control_ports,
            allow_ports: sorted(choice.allow_ports),
            hook: choice.hook.unwrap_or_default(),
            mode: choice.mode.unwrap_or(Mode::Observe),
            mode_is_default: choice.mode.is_none(),
            mark: choice.mark.unwrap_or_default(),
            keep: choice.keep.unwrap_or_default(),
            wait_for_interfaces: choice.wait_for_interfaces.unwrap_or_default(),
            lifetimes: [
                choice.expectation_lifetime,
                choice.session_idle,
                choice.flow_idle,
            ],
        })
    }

    /// What the kernel programs are told.
    pub fn in_kernel(&self) -> Config {
        let mut config = Config::new();
        let places = [
            &mut config.expectation_lifetime,
            &mut config.session_idle,
            &mut config.flow_idle,
        ];
        for (place, lifetime) in places.into_iter().zip(self.lifetimes) {
            if let Some(lifetime) = lifetime {
                *place = lifetime.nanoseconds();
            }
        }
        config
    }
}

fn sorted(ports: Option<Vec<NonZeroU16>>) -> Vec<u16> {
    let ports = ports.unwrap_or_default();
    let mut ports: Vec<u16> = ports.into_iter().map(NonZeroU16::get).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lan() -> Choice {
        Choice {
            interfaces: Some(vec!["lan".parse().unwrap(), "lan".parse().unwrap()]),
            ..Choice::default()
        }
    }

    #[test]
    fn defaults() {
        let settings = Settings::complete(lan()).unwrap();
        assert_eq!(settings.interfaces.len(), 1);
        assert_eq!(settings.control_ports, [21]);
        assert!(settings.mode_is_default);
        assert_eq!(settings.in_kernel(), Config::new());
    }

    #[test]
    fn the_first_source_wins() {
        let port = |port| NonZeroU16::new(port).unwrap();
        let line = Choice {
            control_ports: Some(vec![port(2121), port(21), port(21)]),
            ..lan()
        };
        let file = Choice {
            mode: Some(Mode::Enforce),
            control_ports: Some(vec![port(99)]),
            session_idle: Some(60.try_into().unwrap()),
            ..Choice::default()
        };
        let settings = Settings::complete(line.or(file)).unwrap();
        assert_eq!(settings.control_ports, [21, 2121]);
        assert_eq!(settings.mode, Mode::Enforce);
        assert_eq!(settings.in_kernel().session_idle, 60_000_000_000);
    }

    #[test]
    fn an_interface_is_needed() {
        let nothing = Settings::complete(Choice::default());
        assert!(matches!(nothing, Err(Error::NoInterface)));
    }
}
