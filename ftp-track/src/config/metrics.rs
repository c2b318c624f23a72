//! Where the metrics are served.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use serde::Deserialize;

use crate::instance;

/// Longest path of a Unix socket in bytes (`struct sockaddr_un`, unix(7)), without the final zero.
const LONGEST: usize = 107;

/// Where the metrics are served, written `ADDRESS:PORT` or `unix:PATH`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum MetricsAddress {
    /// A TCP port of an address of this machine.
    Tcp(SocketAddr),
    /// A socket in the file system, by its absolute path.
    Unix(PathBuf),
}

/// The text is no such place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidMetricsAddress {
    /// Neither of the two forms.
    #[error(
        "metrics are served at ADDRESS:PORT, such as 127.0.0.1:9421 or [::1]:9421, or at \
         unix:PATH, such as unix:/run/ftp-track/metrics"
    )]
    Form,
    /// The path of a socket depends on where the daemon runs, or is too long.
    #[error("the path of a socket begins with / and has at most {LONGEST} bytes")]
    Path,
    /// A tracker would lose its own socket or lock.
    #[error(
        "trackers have their own sockets and locks at this path; name another one, such as \
         unix:/run/ftp-track/metrics"
    )]
    Own,
}

impl FromStr for MetricsAddress {
    type Err = InvalidMetricsAddress;

    fn from_str(text: &str) -> Result<Self, InvalidMetricsAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            let fits = path.len() <= LONGEST && !path.ends_with('/');
            if instance::is_own(path.as_ref()) {
                return Err(InvalidMetricsAddress::Own);
            }
            return if fits && path.starts_with('/') && !path.contains(char::is_control) {
                Ok(Self::Unix(path.into()))
            } else {
                Err(InvalidMetricsAddress::Path)
            };
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() != 0 => Ok(Self::Tcp(address)),
            _ => Err(InvalidMetricsAddress::Form),
        }
    }
}

impl TryFrom<String> for MetricsAddress {
    type Error = InvalidMetricsAddress;

    fn try_from(text: String) -> Result<Self, InvalidMetricsAddress> {
        text.parse()
    }
}

impl fmt::Display for MetricsAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        use InvalidMetricsAddress::{Form, Own, Path};
        let long = format!("unix:/{}", "x".repeat(LONGEST));
        for (text, wrong) in [
            ("127.0.0.1:9421", None),
            ("[::1]:9421", None),
            ("unix:/run/ftp-track/metrics", None),
            ("", Some(Form)),
            ("9421", Some(Form)),
            ("localhost:9421", Some(Form)),
            ("127.0.0.1", Some(Form)),
            ("127.0.0.1:0", Some(Form)),
            ("::1:9421", Some(Form)),
            ("/run/metrics", Some(Form)),
            ("unix:", Some(Path)),
            ("unix:metrics", Some(Path)),
            ("unix:/run/", Some(Path)),
            ("unix:/\x1b[2J", Some(Path)),
            ("unix:/run/ftp-track/default.control", Some(Own)),
            (&long, Some(Path)),
        ] {
            match (text.parse::<MetricsAddress>(), wrong) {
                (Ok(address), None) => assert_eq!(address.to_string(), text),
                (seen, wrong) => assert_eq!(seen.err(), wrong, "{text:?}"),
            }
        }
    }
}
