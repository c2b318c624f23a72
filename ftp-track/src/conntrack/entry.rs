//! Taking entries out of the kernel's conntrack, by netlink (linux/netfilter/nfnetlink.h and
//! nfnetlink_conntrack.h).

use std::{io, net::IpAddr};

use ftp_track_common::tuple::Tuple;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};

use crate::view::address;

/// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE`.
const DELETE: u16 = 1 << 8 | 2;
/// `NLM_F_REQUEST | NLM_F_ACK`.
const REQUEST: u16 = 1 | 4;
/// `NLMSG_ERROR`: also what says that all went well.
const ACKNOWLEDGED: u16 = 2;
/// `NLA_F_NESTED`.
const NESTED: u16 = 0x8000;
/// `CTA_TUPLE_ORIG`; in it `CTA_TUPLE_IP` and `CTA_TUPLE_PROTO`.
const TUPLE: u16 = 1;
const HOSTS: u16 = 1;
const PROTOCOL: u16 = 2;
const TCP: u8 = 6;
/// `CTA_ZONE`.
const ZONE: u16 = 18;
/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;

/// The kernel's table of connections.
pub struct Table {
    socket: Socket,
}

impl Table {
    /// Opens the way to it.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self { socket })
    }

    /// Takes out the entry of a connection, if there is one. Its next packet is that of a
    /// connection that conntrack does not know.
    pub fn remove(&self, tuple: &Tuple) -> io::Result<bool> {
        self.socket.send(&message(tuple), 0)?;
        let (answer, _) = self.socket.recv_from_full()?;
        outcome(&answer)
    }
}

fn outcome(answer: &[u8]) -> io::Result<bool> {
    let number = |at: usize| -> Option<[u8; 4]> { answer.get(at..at + 4)?.try_into().ok() };
    let kind = number(4).map(|bytes| u16::from_ne_bytes([bytes[0], bytes[1]]));
    let error = number(HEADER).map(i32::from_ne_bytes);
    match (kind, error) {
        (Some(ACKNOWLEDGED), Some(0)) => Ok(true),
        (Some(ACKNOWLEDGED), Some(error)) if -error == libc::ENOENT => Ok(false),
        (Some(ACKNOWLEDGED), Some(error)) => Err(io::Error::from_raw_os_error(-error)),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}

fn message(tuple: &Tuple) -> Vec<u8> {
    let ends = [&tuple.source, &tuple.destination].map(address);
    let (family, first) = match ends[0] {
        IpAddr::V4(_) => (libc::AF_INET, 1_u16),
        IpAddr::V6(_) => (libc::AF_INET6, 3),
    };
    let mut hosts = Vec::new();
    for (kind, end) in (first..).zip(ends) {
        match end {
            IpAddr::V4(end) => hosts.extend(attribute(kind, &end.octets())),
            IpAddr::V6(end) => hosts.extend(attribute(kind, &end.octets())),
        }
    }
    let protocol = [
        attribute(1, &[TCP]),
        attribute(2, &tuple.source_port.to_be_bytes()),
        attribute(3, &tuple.destination_port.to_be_bytes()),
    ];
    let parts = [
        attribute(HOSTS | NESTED, &hosts),
        attribute(PROTOCOL | NESTED, &protocol.concat()),
    ];
    // `struct nfgenmsg`: family, version, resource.
    let mut body = vec![family as u8, 0, 0, 0];
    body.extend(attribute(TUPLE | NESTED, &parts.concat()));
    // The default zone is what is meant without.
    if tuple.zone != 0 {
        body.extend(attribute(ZONE, &(tuple.zone as u16).to_be_bytes()));
    }
    let length = (HEADER + body.len()) as u32;
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(DELETE.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// An attribute, padded to four bytes.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = (4 + value.len()) as u16;
    let mut attribute = length.to_ne_bytes().to_vec();
    attribute.extend(kind.to_ne_bytes());
    attribute.extend(value);
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

#[cfg(test)]
mod tests {
    use ftp_track_common::address::Address;

    use super::*;

    fn tuple(source: Address, destination: Address) -> Tuple {
        Tuple {
            source,
            destination,
            source_port: 20,
            destination_port: 50_000,
            zone: 0,
        }
    }

    /// A message without a tuple would empty the whole table.
    #[test]
    fn both_families_name_their_tuple() {
        let v4 = Address::from_v4([192, 0, 2, 1]);
        let v6 = Address::from_v6([0x20; 16]);
        for (address, length) in [(v4, 16 + 4 + 4 + 20 + 28), (v6, 16 + 4 + 4 + 44 + 28)] {
            let message = message(&tuple(address, address));
            assert_eq!(message.len(), length);
            assert_eq!(message[..4], (length as u32).to_ne_bytes());
            assert_eq!(message[22..24], (TUPLE | NESTED).to_ne_bytes());
            let inside = (length - 20) as u16;
            assert_eq!(message[20..22], inside.to_ne_bytes());
            let in_zone = super::message(&Tuple {
                zone: 0x105,
                ..tuple(address, address)
            });
            assert_eq!(in_zone.len(), length + 8);
            assert_eq!(in_zone[length..][..6], [6, 0, 18, 0, 1, 5]);
        }
    }

    #[test]
    fn answers() {
        let answer = |error: i32| {
            let mut answer = vec![0; 36];
            answer[4..6].copy_from_slice(&ACKNOWLEDGED.to_ne_bytes());
            answer[16..20].copy_from_slice(&error.to_ne_bytes());
            outcome(&answer).map_err(|error| error.raw_os_error())
        };
        assert_eq!(answer(0), Ok(true));
        assert_eq!(answer(-libc::ENOENT), Ok(false));
        assert_eq!(answer(-libc::EPERM), Err(Some(libc::EPERM)));
        assert!(outcome(&[0; 3]).is_err());
    }
}
