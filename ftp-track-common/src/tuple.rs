//! Addresses and ports of connections: the keys of the maps.

use bytemuck::{Pod, Zeroable};

use crate::address::Address;

/// The side that sent a segment of a control connection.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the client: commands.
    FromClient = 0,
    /// From the server: replies.
    FromServer = 1,
}

impl Direction {
    /// The other side.
    #[inline(always)]
    pub const fn opposite(self) -> Self {
        match self {
            Self::FromClient => Self::FromServer,
            Self::FromServer => Self::FromClient,
        }
    }
}

/// A TCP segment's addresses and ports as in the packet. Ports in host byte order.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct Tuple {
    /// Source address.
    pub source: Address,
    /// Destination address.
    pub destination: Address,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// The conntrack zone that the packet is in, which keeps overlapping address spaces apart; 0 is the
    /// default one.
    pub zone: u32,
}

impl Tuple {
    /// The tuple of packets the other way.
    #[inline(always)]
    pub const fn reversed(&self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            zone: self.zone,
        }
    }
}

/// Key of a session: the control connection, from the client's side.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct SessionKey {
    /// The client's address.
    pub client: Address,
    /// The server's address.
    pub server: Address,
    /// The client's port, host byte order.
    pub client_port: u16,
    /// The server's port (the control port), host byte order.
    pub server_port: u16,
    /// See [`Tuple::zone`].
    pub zone: u32,
}

impl SessionKey {
    /// The session that a segment belongs to.
    #[inline(always)]
    pub const fn of(tuple: &Tuple, direction: Direction) -> Self {
        match direction {
            Direction::FromClient => Self {
                client: tuple.source,
                server: tuple.destination,
                client_port: tuple.source_port,
                server_port: tuple.destination_port,
                zone: tuple.zone,
            },
            Direction::FromServer => Self {
                client: tuple.destination,
                server: tuple.source,
                client_port: tuple.destination_port,
                server_port: tuple.source_port,
                zone: tuple.zone,
            },
        }
    }
}

/// Key of an expectation: who will connect where. The initiator's port is not known beforehand.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct ExpectationKey {
    /// The side that will send the SYN: the server in active mode, the client in passive mode.
    pub initiator: Address,
    /// The side that listens.
    pub responder: Address,
    /// The announced port, host byte order.
    pub responder_port: u16,
    /// Reserved, zero.
    pub reserved: u16,
    /// See [`Tuple::zone`].
    pub zone: u32,
}

impl ExpectationKey {
    /// The expectation that a SYN would use.
    #[inline(always)]
    pub const fn of_syn(tuple: &Tuple) -> Self {
        Self {
            initiator: tuple.source,
            responder: tuple.destination,
            responder_port: tuple.destination_port,
            reserved: 0,
            zone: tuple.zone,
        }
    }
}

/// Key of a flow: both directions of a data connection have the same one, the lower end first.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct FlowKey {
    /// The end that sorts first.
    pub low: Address,
    /// The other end.
    pub high: Address,
    /// Port of `low`, host byte order.
    pub low_port: u16,
    /// Port of `high`, host byte order.
    pub high_port: u16,
    /// See [`Tuple::zone`].
    pub zone: u32,
}

impl FlowKey {
    /// The key, and whether the packet's source is the lower end.
    #[inline(always)]
    pub const fn of(tuple: &Tuple) -> (Self, bool) {
        let source_is_low = tuple.source.precedes(&tuple.destination)
            || (tuple.source.same(&tuple.destination)
                && tuple.source_port < tuple.destination_port);
        let key = if source_is_low {
            Self {
                low: tuple.source,
                high: tuple.destination,
                low_port: tuple.source_port,
                high_port: tuple.destination_port,
                zone: tuple.zone,
            }
        } else {
            Self {
                low: tuple.destination,
                high: tuple.source,
                low_port: tuple.destination_port,
                high_port: tuple.source_port,
                zone: tuple.zone,
            }
        };
        (key, source_is_low)
    }
}
