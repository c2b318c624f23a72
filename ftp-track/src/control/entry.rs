//! Entries as a person names them: in the words of `ftp-track list`.

use std::{fmt, net::IpAddr, net::SocketAddr, str::FromStr};

use ftp_track_common::{
    address::Address,
    tuple::{ExpectationKey, FlowKey, SessionKey, Tuple},
};
use serde::{Deserialize, Serialize};

use crate::view::zone;

/// An address and a port: `192.0.2.1:21` or `[2001:db8::1]:21`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointArgument(pub SocketAddr);

/// The text names no entry.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseKeyError {
    /// No address with a port.
    #[error("an address with a port is needed, like 192.0.2.1:21 or [2001:db8::1]:21")]
    Endpoint,
    /// One end is IPv4 and the other IPv6.
    #[error("both ends have to be IPv4, or both IPv6")]
    Families,
}

impl FromStr for EndpointArgument {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let endpoint: SocketAddr = text.parse().map_err(|_| ParseKeyError::Endpoint)?;
        if endpoint.port() == 0 {
            return Err(ParseKeyError::Endpoint);
        }
        Ok(Self(endpoint))
    }
}

/// Which entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Between whom.
    #[serde(flatten)]
    pub ends: Ends,
    /// In which conntrack zone; 0 is the default one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub zone: u16,
}

fn is_default(zone: &u16) -> bool {
    *zone == 0
}

/// The kind of an entry, and between whom it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// A control connection: client and server.
    Session(EndpointArgument, EndpointArgument),
    /// An expectation: who connects, and who listens.
    Expectation(IpAddr, EndpointArgument),
    /// A data connection: both ends, in either order.
    Flow(EndpointArgument, EndpointArgument),
}

impl Key {
    /// Fails if one end is IPv4 and the other IPv6.
    pub fn check(&self) -> Result<(), ParseKeyError> {
        let (one, other) = match &self.ends {
            Ends::Session(one, other) | Ends::Flow(one, other) => (one.0.ip(), other.0.ip()),
            Ends::Expectation(one, other) => (*one, other.0.ip()),
        };
        if one.is_ipv4() == other.is_ipv4() {
            Ok(())
        } else {
            Err(ParseKeyError::Families)
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ends {
            Ends::Session(client, server) => {
                write!(formatter, "session {} -> {}", client.0, server.0)
            }
            Ends::Expectation(from, to) => write!(formatter, "expectation {from} -> {}", to.0),
            Ends::Flow(one, other) => write!(formatter, "flow {} -> {}", one.0, other.0),
        }?;
        formatter.write_str(&zone::phrase(self.zone.into()))
    }
}

/// An address as the kernel programs have it.
pub fn address(from: IpAddr) -> Address {
    match from {
        IpAddr::V4(address) => Address::from_v4(address.octets()),
        IpAddr::V6(address) => Address::from_v6(address.octets()),
    }
}

/// The map's key of a control connection.
pub fn session_key(client: SocketAddr, server: SocketAddr, zone: u16) -> SessionKey {
    SessionKey {
        client: address(client.ip()),
        server: address(server.ip()),
        client_port: client.port(),
        server_port: server.port(),
        zone: zone.into(),
    }
}

/// The map's key of an expectation.
pub fn expectation_key(from: IpAddr, to: SocketAddr, zone: u16) -> ExpectationKey {
    ExpectationKey {
        initiator: address(from),
        responder: address(to.ip()),
        responder_port: to.port(),
        reserved: 0,
        zone: zone.into(),
    }
}

/// The map's key of a data connection.
pub fn flow_key(one: SocketAddr, other: SocketAddr, zone: u16) -> FlowKey {
    let tuple = Tuple {
        source: address(one.ip()),
        destination: address(other.ip()),
        source_port: one.port(),
        destination_port: other.port(),
        zone: zone.into(),
    };
    FlowKey::of(&tuple).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for (text, good) in [
            ("192.0.2.1:21", true),
            ("[2001:db8::1]:21", true),
            ("192.0.2.1", false),
            ("192.0.2.1:0", false),
            ("2001:db8::1", false),
            ("192.0.2.1:65536", false),
            ("example.org:21", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<EndpointArgument>().is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn a_flow_has_one_key_in_either_order() {
        let one: SocketAddr = "192.0.2.1:20".parse().unwrap();
        let other: SocketAddr = "192.0.2.2:5000".parse().unwrap();
        assert_eq!(flow_key(one, other, 5), flow_key(other, one, 5));
    }

    #[test]
    fn families_do_not_mix() {
        let v4: EndpointArgument = "192.0.2.1:20".parse().unwrap();
        let v6: EndpointArgument = "[2001:db8::1]:20".parse().unwrap();
        let check = |ends| Key { ends, zone: 0 }.check();
        assert!(check(Ends::Flow(v4, v4)).is_ok());
        assert_eq!(check(Ends::Flow(v4, v6)), Err(ParseKeyError::Families));
        assert!(check(Ends::Expectation(v6.0.ip(), v4)).is_err());
    }

    #[test]
    fn requests_go_there_and_back() {
        use super::super::Request;
        let to = "192.0.2.1:50000".parse().unwrap();
        let from = "192.0.2.9".parse().unwrap();
        let ends = Ends::Expectation(from, to);
        for request in [
            Request::Stop,
            Request::Delete {
                key: Key { ends, zone: 0 },
            },
            Request::Delete {
                key: Key { ends, zone: 5 },
            },
            Request::Add {
                from,
                to,
                lifetime: 30,
                zone: 5,
            },
        ] {
            let json = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
        }
    }
}
