//! What one client has in the maps, so that it cannot take what others need.

use bytemuck::{Pod, Zeroable};

use crate::address::Address;

/// Control connections of one client, unless the settings say otherwise. An address may be that of
/// a whole office behind NAT.
pub const SESSIONS: u32 = 1024;
/// Data connections of one client, unless the settings say otherwise.
pub const FLOWS: u32 = 4096;
/// Control connections that were picked up in the middle and that the other side has not confirmed,
/// of all clients together: anybody can send such segments, in anybody's name.
pub const PICK_UPS: u32 = 1024;

/// Key of the client map: an IPv4 address, or the network of an IPv6 address (one host has all of a
/// /64; RFC 4291, 2.5.1). The unspecified address stands for everybody.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct ClientKey {
    /// The address or network.
    pub network: Address,
    /// See [`crate::tuple::Tuple::zone`].
    pub zone: u32,
}

impl ClientKey {
    /// The client that has `address`.
    #[inline(always)]
    pub const fn of(address: &Address, zone: u32) -> Self {
        Self {
            network: address.network(),
            zone,
        }
    }
}

/// What is counted.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// Nothing.
    None = 0,
    /// A control connection.
    Session = 1,
    /// A control connection that is not confirmed: everybody's.
    PickUp = 2,
    /// A data connection.
    Flow = 3,
}

/// What became of a wish to have one more.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// It was counted.
    Granted = 0,
    /// The client has as many as it may.
    Refused = 1,
    /// The client's entry is leaving the map: a new one has to be made.
    Gone = 2,
}

/// Value of the client map: how many entries of other maps the client has. Read and written only
/// under the lock next to it; an entry without any leaves the map.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Client {
    /// Control connections; of everybody: those that are not confirmed.
    pub sessions: u32,
    /// Data connections.
    pub flows: u32,
    /// It is leaving the map.
    gone: u32,
}

impl Client {
    /// One more, if there are fewer than `limit`; 0 is no limit.
    #[inline(always)]
    pub fn enter(&mut self, share: Share, limit: u32) -> Entry {
        if self.gone != 0 {
            return Entry::Gone;
        }
        let count = self.count(share);
        if limit != 0 && *count >= limit {
            return Entry::Refused;
        }
        *count = count.saturating_add(1);
        Entry::Granted
    }

    /// One less. True when nothing is left, and the entry has to leave the map.
    #[inline(always)]
    pub fn leave(&mut self, share: Share) -> bool {
        let count = self.count(share);
        *count = count.saturating_sub(1);
        if self.sessions != 0 || self.flows != 0 || self.gone != 0 {
            return false;
        }
        self.gone = 1;
        true
    }

    #[inline(always)]
    fn count(&mut self, share: Share) -> &mut u32 {
        match share {
            Share::Flow => &mut self.flows,
            _ => &mut self.sessions,
        }
    }
}
