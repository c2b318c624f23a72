//! One end of a connection.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use ftp_track_common::address::Address;
use serde::{Deserialize, Serialize};

/// The address as the standard library has it; IPv4 as IPv4.
pub fn address(address: &Address) -> IpAddr {
    match address.v4() {
        Some(octets) => octets.into(),
        None => Ipv6Addr::from(address.octets()).into(),
    }
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// The address.
    pub address: IpAddr,
    /// The TCP port.
    pub port: u16,
}

impl Endpoint {
    /// From a key's parts; the port in host byte order.
    pub fn new(from: &Address, port: u16) -> Self {
        Self {
            address: address(from),
            port,
        }
    }
}

/// `192.0.2.1:21` or `[2001:db8::1]:21`.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let v4 = Address::from_v4([192, 0, 2, 1]);
        let v6 = Address::from_v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets());
        for (from, text, json) in [
            (v4, "192.0.2.1:21", r#"{"address":"192.0.2.1","port":21}"#),
            (
                v6,
                "[2001:db8::1]:21",
                r#"{"address":"2001:db8::1","port":21}"#,
            ),
        ] {
            let endpoint = Endpoint::new(&from, 21);
            assert_eq!(endpoint.to_string(), text);
            assert_eq!(serde_json::to_string(&endpoint).unwrap(), json);
        }
    }
}
