//! Where packets that come in are looked at.

use clap::{ValueEnum, builder::PossibleValue};
use serde::Deserialize;

/// Where packets that come in are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookChoice {
    /// Where the mode and the interface are served best.
    #[default]
    Auto,
    /// By XDP, wherever frames have an Ethernet header.
    Xdp,
    /// By TC.
    Tc,
}

impl ValueEnum for HookChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Xdp, Self::Tc]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Auto => ("auto", "Where the mode and the interface are served best"),
            Self::Xdp => ("xdp", "By XDP, wherever frames have an Ethernet header"),
            Self::Tc => ("tc", "By TC, as packets of up to 64 KiB"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
