//! The name of an instance.

use std::{fmt, str::FromStr};

/// The name of an instance: 1 to 32 of `A-Z a-z 0-9 _ -`. bpffs takes no dots in names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Name(String);

/// The text is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a name has 1 to 32 letters, digits, '-' or '_'")]
pub struct InvalidName;

impl Name {
    /// The longest name.
    const LONGEST: usize = 32;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if fits && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName)
        }
    }
}

impl fmt::Display for Name {
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
            ("default", true),
            ("gw-1_b", true),
            ("", false),
            (".", false),
            ("a.b", false),
            ("a/b", false),
            ("a b", false),
            ("\x1b[31m", false),
            ("ä", false),
            (&"x".repeat(32), true),
            (&"x".repeat(33), false),
        ] {
            assert_eq!(text.parse::<Name>().is_ok(), good, "{text:?}");
        }
        assert_eq!(Name::default().to_string().parse(), Ok(Name::default()));
    }
}
