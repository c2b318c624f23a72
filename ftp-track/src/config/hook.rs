//! Where packets that come in are looked at.

use clap::{ValueEnum, builder::PossibleValue};

/// Where packets that come in are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HookChoice {
    /// By XDP where the driver of a card runs it, else by TC.
    #[default]
    Auto,
    /// By XDP, wherever frames have an Ethernet header.
    Xdp,
    /// By TC.
    Tc,
}

impl HookChoice {
    /// The name on the command line and in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Xdp => "xdp",
            Self::Tc => "tc",
        }
    }
}

impl ValueEnum for HookChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Xdp, Self::Tc]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Auto => "By XDP where the driver of a card runs it, else by TC",
            Self::Xdp => "By XDP, wherever frames have an Ethernet header",
            Self::Tc => "By TC, as packets of up to 64 KiB",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}
