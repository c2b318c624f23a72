//! Values of the configuration file, and what is said when one is of the wrong kind.

use std::{num::NonZeroU16, str::FromStr};

use ftp_track_common::rule::{Action, LogLevel};
use toml::{
    Spanned,
    de::{DeInteger, DeValue},
};

use super::{
    HookChoice, InterfaceName, Lifetime, Mark, MetricsAddress, Mode, NotTcp, Room, Zone,
    document::Problems, network::Network, ports::Ports, suggestion::suggestion,
};
use crate::instance::Name;

/// Something that is read from one value.
pub trait Value: Sized {
    /// Reads it; what is wrong is noted.
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self>;
}

/// From the text of a string.
fn text<T>(
    value: &Spanned<DeValue<'_>>,
    problems: &Problems,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let Some(text) = value.get_ref().as_str() else {
        wrong_kind(value, problems, "a string in quotes");
        return None;
    };
    noted(value, problems, parse(text))
}

/// From a whole number.
fn number<T>(
    value: &Spanned<DeValue<'_>>,
    problems: &Problems,
    convert: impl FnOnce(i128) -> Result<T, String>,
) -> Option<T> {
    let Some(integer) = value.get_ref().as_integer() else {
        wrong_kind(value, problems, "a whole number");
        return None;
    };
    let number = whole(integer).ok_or_else(|| format!("{integer} is too large"));
    noted(value, problems, number.and_then(convert))
}

fn whole(integer: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn noted<T>(
    value: &Spanned<DeValue<'_>>,
    problems: &Problems,
    result: Result<T, String>,
) -> Option<T> {
    result
        .map_err(|message| problems.add(value.span(), message))
        .ok()
}

fn wrong_kind(value: &Spanned<DeValue<'_>>, problems: &Problems, expected: &str) {
    let kind = value.get_ref().type_str();
    let article = if kind.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    let message = format!("{expected} is expected here, not {article} {kind}");
    problems.add(value.span(), message);
}

fn parsed<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// The one of `choices` that is called `written`.
fn chosen<T: Copy>(
    kind: &str,
    written: &str,
    choices: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, String> {
    let found = choices.iter().find(|choice| name(**choice) == written);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|choice| name(*choice)).collect();
        let meant = suggestion(written, &names);
        format!(
            "there is no {kind} `{written}`, but: {}{meant}",
            names.join(", ")
        )
    })
}

impl Value for bool {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        let read = value.get_ref().as_bool();
        if read.is_none() {
            wrong_kind(value, problems, "true or false");
        }
        read
    }
}

impl Value for String {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        text(value, problems, |text| Ok(text.to_owned()))
    }
}

impl Value for u32 {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        number(value, problems, |number| {
            Self::try_from(number).map_err(|_| format!("{number} is not from 0 to {}", Self::MAX))
        })
    }
}

impl Value for NonZeroU16 {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        number(value, problems, |number| {
            let port = u16::try_from(number).ok().and_then(Self::new);
            port.ok_or_else(|| format!("{number} is no port: ports are 1 to 65535"))
        })
    }
}

impl Value for Zone {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        number(value, problems, |number| {
            Self::try_from(number).map_err(|error| error.to_string())
        })
    }
}

impl Value for Lifetime {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        number(value, problems, |number| {
            // What is below zero is as wrong as zero.
            let seconds = u64::try_from(number).unwrap_or_default();
            Self::try_from(seconds).map_err(|error| error.to_string())
        })
    }
}

impl Value for Room {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        number(value, problems, |number| {
            let entries = u32::try_from(number).unwrap_or_default();
            Self::try_from(entries).map_err(|error| error.to_string())
        })
    }
}

impl Value for Ports {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        if value.get_ref().is_str() {
            return text(value, problems, parsed);
        }
        number(value, problems, |number| {
            let port = u16::try_from(number);
            let port = port.map_err(|_| format!("{number} is no port: ports are 1 to 65535"))?;
            Self::new(port, port).map_err(|error| error.to_string())
        })
    }
}

macro_rules! texts {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
                text(value, problems, parsed)
            }
        }
    )*};
}

texts!(InterfaceName, Mark, MetricsAddress, Name, Network);

impl Value for Mode {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        text(value, problems, |text| {
            Self::try_from(text.to_owned()).map_err(|error| error.to_string())
        })
    }
}

impl Value for HookChoice {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        let choices = [Self::Auto, Self::Xdp, Self::Tc];
        text(value, problems, |text| {
            chosen("hook", text, &choices, Self::name)
        })
    }
}

impl Value for NotTcp {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        text(value, problems, |text| {
            chosen("choice", text, &[Self::Pass, Self::Drop], Self::name)
        })
    }
}

impl Value for Action {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        let choices = [Self::Track, Self::Ignore, Self::Refuse];
        text(value, problems, |text| {
            chosen("action", text, &choices, Self::name)
        })
    }
}

impl Value for LogLevel {
    fn read(value: &Spanned<DeValue<'_>>, problems: &Problems) -> Option<Self> {
        let choices = [
            Self::Normal,
            Self::None,
            Self::Debug,
            Self::Info,
            Self::Warn,
        ];
        text(value, problems, |text| {
            chosen("log level", text, &choices, Self::name)
        })
    }
}
