//! One end of a connection, as it is typed.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    str::FromStr,
};

use ftp_track_common::address::Address;

use crate::control;

/// One end of a connection: an address, and a port if one was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: Option<NonZeroU16>,
}

impl End {
    /// The engine's form of the address.
    pub fn in_kernel(self) -> Address {
        control::address(self.address)
    }

    /// Whether both are of one family.
    pub fn is_like(self, other: Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
    }

    /// Whether the end at `address` and `port` is meant.
    pub fn is(self, address: &Address, port: u16) -> bool {
        self.in_kernel() == *address && self.port.is_none_or(|own| own.get() == port)
    }
}

/// `192.0.2.1`, `192.0.2.1:21`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:21`.
impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        let end = match (text.parse::<IpAddr>(), bare, text.parse::<SocketAddr>()) {
            (Ok(address), ..) => Some((address, None)),
            (_, Some(address), _) => Some((address.into(), None)),
            (.., Ok(both)) => NonZeroU16::new(both.port()).map(|port| (both.ip(), Some(port))),
            _ => None,
        };
        match end {
            Some((address, port)) => Ok(Self {
                address: address.to_canonical(),
                port,
            }),
            None => {
                Err("it is no address, like 192.0.2.1, 192.0.2.1:21 or [2001:db8::1]:21".to_owned())
            }
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.address, port.get()).fmt(formatter),
            None => self.address.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, expect) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:21", Some("192.0.2.1:21")),
            ("2001:DB8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:21", Some("[2001:db8::1]:21")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:0", None),
            ("192.0.2.1:65536", None),
            ("[192.0.2.1]:21", None),
            ("ftp.example.org", None),
            ("", None),
        ] {
            let end = text.parse::<End>().ok().map(|end| end.to_string());
            assert_eq!(end.as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn what_is_meant() {
        let any: End = "192.0.2.1".parse().unwrap();
        let one: End = "192.0.2.1:21".parse().unwrap();
        let address = Address::from_v4([192, 0, 2, 1]);
        assert!(any.is(&address, 21) && any.is(&address, 22));
        assert!(one.is(&address, 21) && !one.is(&address, 22));
        assert!(!any.is(&Address::from_v4([192, 0, 2, 2]), 21));
    }
}
