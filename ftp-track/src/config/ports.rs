//! Ports of data connections as a person writes them: `5000`, or `"5000-5100"`.

use std::{fmt, str::FromStr};

use ftp_track_common::{conversation::LOWEST_PORT, rule::PortRange};

/// A range of ports that a data connection may go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports(PortRange);

/// The text is no range, or one that is never admitted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPorts {
    /// It does not parse.
    #[error("`{0}` is no port and no range: write 5000, or \"5000-5100\"")]
    Malformed(String),
    /// The first is behind the last.
    #[error("the range {first}-{last} is the wrong way round; did you mean \"{last}-{first}\"?")]
    Reversed {
        /// What is written first.
        first: u16,
        /// What is written last.
        last: u16,
    },
    /// Services live there.
    #[error("a data connection to a port below {LOWEST_PORT} is never admitted")]
    Low,
}

impl Ports {
    /// From `first` to `last`.
    pub fn new(first: u16, last: u16) -> Result<Self, InvalidPorts> {
        if first > last {
            return Err(InvalidPorts::Reversed { first, last });
        }
        if first < LOWEST_PORT {
            return Err(InvalidPorts::Low);
        }
        Ok(Self(PortRange { first, last }))
    }

    /// In the kernel's form.
    pub fn range(self) -> PortRange {
        self.0
    }

    /// Both together, if they have ports in common.
    pub fn joined(self, other: Self) -> Option<Self> {
        let (one, other) = (self.0, other.0);
        let common = one.first <= other.last && other.first <= one.last;
        common.then(|| {
            Self(PortRange {
                first: one.first.min(other.first),
                last: one.last.max(other.last),
            })
        })
    }
}

impl From<PortRange> for Ports {
    fn from(range: PortRange) -> Self {
        Self(range)
    }
}

impl FromStr for Ports {
    type Err = InvalidPorts;

    fn from_str(text: &str) -> Result<Self, InvalidPorts> {
        let malformed = || InvalidPorts::Malformed(text.to_owned());
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |text: &str| text.trim().parse().map_err(|_| malformed());
        Self::new(port(first)?, port(last)?)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PortRange { first, last } = self.0;
        if first == last {
            write!(formatter, "{first}")
        } else {
            write!(formatter, "{first}-{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, expect) in [
            ("5000", "5000"),
            ("5000-5000", "5000"),
            ("1024 - 65535", "1024-65535"),
            ("", "is no port"),
            ("5000-", "is no port"),
            ("5000-70000", "is no port"),
            ("a-b", "is no port"),
            ("5100-5000", "did you mean \"5000-5100\"?"),
            ("1023-5000", "below 1024"),
        ] {
            let shown = match text.parse::<Ports>() {
                Ok(ports) => ports.to_string(),
                Err(error) => error.to_string(),
            };
            assert!(shown.contains(expect), "{text}: {shown}");
        }
    }

    #[test]
    fn joined() {
        let ports = |text: &str| text.parse::<Ports>().unwrap();
        let joined = ports("5000-5100").joined(ports("5100-5200"));
        assert_eq!(joined, Some(ports("5000-5200")));
        assert_eq!(ports("5000-5100").joined(ports("5101")), None);
    }
}
