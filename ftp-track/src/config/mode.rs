//! The mode as a person writes it.

use clap::{ValueEnum, builder::PossibleValue};
use ftp_track_common::config;

use super::suggestion::suggestion;

/// What happens to packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything passes.
    Observe,
    /// A new TCP connection that is neither allowed nor expected is dropped.
    Enforce,
    /// Packets of admitted data connections get a mark.
    Mark,
    /// Admitted data connections are forwarded past the firewall.
    Bypass,
    /// An expected connection gets the kernel's own conntrack entry; the firewall decides.
    Conntrack,
}

impl Mode {
    /// The kernel programs' word for it.
    pub fn in_kernel(self) -> config::Mode {
        match self {
            Self::Observe => config::Mode::Observe,
            Self::Enforce => config::Mode::Enforce,
            Self::Mark => config::Mode::Mark,
            Self::Bypass => config::Mode::Bypass,
            Self::Conntrack => config::Mode::Conntrack,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.in_kernel().name()
    }

    fn help(self) -> &'static str {
        match self {
            Self::Observe => "Track, count and report; every packet passes",
            Self::Enforce => {
                "Drop a new TCP connection unless it goes to a control port or an allowed port, or is expected"
            }
            Self::Mark => "Mark the packets of admitted data connections, for the firewall's rules",
            Self::Bypass => "Forward admitted data connections past the firewall; all else passes",
            Self::Conntrack => {
                "Give each expected connection its conntrack entry, so that a firewall that accepts established connections lets it through; every packet passes"
            }
        }
    }
}

impl ValueEnum for Mode {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Conntrack,
            Self::Observe,
            Self::Enforce,
            Self::Mark,
            Self::Bypass,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

/// There is no such mode.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no mode `{written}`, but: {}{}", names().join(", "), suggestion(written, &names()))]
pub struct UnknownMode {
    written: String,
}

impl TryFrom<String> for Mode {
    type Error = UnknownMode;

    fn try_from(written: String) -> Result<Self, UnknownMode> {
        let mut modes = Self::value_variants().iter().copied();
        modes
            .find(|mode| mode.name() == written)
            .ok_or(UnknownMode { written })
    }
}

fn names() -> Vec<&'static str> {
    let modes = Mode::value_variants().iter();
    modes.map(|mode| mode.name()).collect()
}
