//! The name of a network interface.

use std::{fmt, str::FromStr};

/// The name of a network interface, as the kernel takes it (`dev_valid_name`, net/core/dev.c).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InterfaceName(String);

/// The text is no interface name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an interface name has 1 to 15 characters, without spaces, '/' and ':'")]
pub struct InvalidInterface;

impl InterfaceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InterfaceName {
    type Err = InvalidInterface;

    fn from_str(text: &str) -> Result<Self, InvalidInterface> {
        let fits = (1..=15).contains(&text.len()) && text != "." && text != "..";
        let bad = |character: char| {
            matches!(character, '/' | ':') || character.is_whitespace() || character.is_control()
        };
        if fits && !text.contains(bad) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInterface)
        }
    }
}

impl TryFrom<String> for InterfaceName {
    type Error = InvalidInterface;

    fn try_from(text: String) -> Result<Self, InvalidInterface> {
        text.parse()
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, good) in [
            ("lan", true),
            ("eth0.100", true),
            ("wlp0s20f3", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a b", false),
            ("\x1b[2J", false),
            ("123456789012345", true),
            ("1234567890123456", false),
        ] {
            assert_eq!(text.parse::<InterfaceName>().is_ok(), good, "{text:?}");
        }
    }
}
