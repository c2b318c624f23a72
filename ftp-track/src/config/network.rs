//! An address prefix as a person writes it: `192.0.2.0/24`, `2001:db8::/32`, an address, or `any`.

use std::{fmt, net::IpAddr, str::FromStr};

use ftp_track_common::{
    address::Address,
    prefix::{ADDRESS_BITS, MAPPED_BITS, Prefix},
};

use crate::view;

/// The word for every address.
const ANY: &str = "any";

/// A prefix of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network(Prefix);

/// The text is no prefix.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidNetwork {
    /// It does not parse.
    #[error(
        "`{0}` is no address and no prefix: write 192.0.2.1, 192.0.2.0/24, 2001:db8::/32, or any"
    )]
    Malformed(String),
    /// The prefix is too long.
    #[error("`/{length}` is too long: an address has {longest} bits")]
    TooLong {
        /// What is written.
        length: u32,
        /// What is possible.
        longest: u32,
    },
    /// Bits beyond the prefix are set.
    #[error("`{written}` has bits beyond its prefix; did you mean `{meant}`?")]
    BitsBeyond {
        /// What is written.
        written: String,
        /// The prefix that holds it.
        meant: Network,
    },
    /// So short a prefix of IPv6 would hold IPv4 too.
    #[error("`{0}` is not clear: write any for every address, or 2000::/3 for those of IPv6")]
    BothFamilies(String),
    /// An IPv4 address in the form of an IPv6 address.
    #[error("`{0}` is an IPv4 address in the form of IPv6; write it as IPv4")]
    Mapped(String),
}

impl Network {
    /// Every address.
    pub const ANY: Self = Self(Prefix::ANY);

    /// In the kernel's form.
    pub fn prefix(self) -> Prefix {
        self.0
    }

    /// Whether a connection can go from the one to the other: not from one family to the other.
    pub fn reaches(self, other: Self) -> bool {
        let anywhere = self.0.is_any() || other.0.is_any();
        anywhere || self.0.address().is_v4() == other.0.address().is_v4()
    }
}

impl From<Prefix> for Network {
    fn from(prefix: Prefix) -> Self {
        Self(prefix)
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        if text == ANY {
            return Ok(Self::ANY);
        }
        let malformed = || InvalidNetwork::Malformed(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let ip: IpAddr = address.parse().map_err(|_| malformed())?;
        let (address, before) = match ip {
            IpAddr::V4(ip) => (Address::from_v4(ip.octets()), MAPPED_BITS),
            IpAddr::V6(ip) => (Address::from_v6(ip.octets()), 0),
        };
        if before == 0 && address.is_v4() {
            return Err(InvalidNetwork::Mapped(text.to_owned()));
        }
        let longest = ADDRESS_BITS - before;
        let digits = |length: &&str| length.bytes().all(|byte| byte.is_ascii_digit());
        let length = match length {
            Some(length) => Some(length)
                .filter(digits)
                .and_then(|text| text.parse().ok()),
            None => Some(longest),
        };
        let length: u32 = length.ok_or_else(malformed)?;
        if length > longest {
            return Err(InvalidNetwork::TooLong { length, longest });
        }
        let network = Self(Prefix::new(&address, before + length));
        if !network.0.address().same(&address) {
            return Err(InvalidNetwork::BitsBeyond {
                written: text.to_owned(),
                meant: network,
            });
        }
        if before == 0 && network.0.contains(&Address::from_v4([0; 4])) {
            return Err(InvalidNetwork::BothFamilies(text.to_owned()));
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = &self.0;
        if prefix.is_any() {
            return formatter.pad(ANY);
        }
        let (address, length) = (prefix.address(), prefix.length());
        let (before, longest) = if address.is_v4() && length >= MAPPED_BITS {
            (MAPPED_BITS, ADDRESS_BITS - MAPPED_BITS)
        } else {
            (0, ADDRESS_BITS)
        };
        let ip = view::address(address);
        let length = length - before;
        if length == longest {
            formatter.pad(&ip.to_string())
        } else {
            formatter.pad(&format!("{ip}/{length}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, expect) in [
            ("any", "any"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("10.128.0.0/9", "10.128.0.0/9"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1"),
            ("2000::/3", "2000::/3"),
        ] {
            let network: Network = text.parse().expect(text);
            assert_eq!(network.to_string(), expect, "{text}");
        }
    }

    #[test]
    fn errors() {
        for (text, expect) in [
            ("", "is no address"),
            ("all", "or any"),
            ("192.0.2", "is no address"),
            ("192.0.2.0/", "is no address"),
            ("192.0.2.0/+24", "is no address"),
            ("192.0.2.0/33", "an address has 32 bits"),
            ("2001:db8::/129", "an address has 128 bits"),
            ("192.0.2.1/24", "did you mean `192.0.2.0/24`?"),
            ("2001:db8::1/64", "did you mean `2001:db8::/64`?"),
            ("::/0", "write any"),
            ("::/80", "write any"),
            ("::ffff:192.0.2.1", "write it as IPv4"),
            ("::ffff:192.0.2.0/120", "write it as IPv4"),
        ] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(expect), "{text}: {error}");
        }
    }
}
