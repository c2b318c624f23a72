//! Forwarding the packets of admitted data connections past the firewall.
//!
//! Only what is plain is forwarded here. Everything else goes to the stack as it came.

pub mod frame;
pub mod plain;
pub mod redirect;
mod route;

use crate::{
    ethernet::{IPV4, IPV6},
    packet::Packet,
};

/// Length of an Ethernet header without a tag.
const ETHERNET: u32 = 14;
/// Length of an Ethernet header with one tag.
const TAGGED: u32 = 18;

/// Whether the IP header is one that routing only counts down: no options, no extensions, no
/// fragment.
#[inline(always)]
fn is_plain(packet: &Packet) -> bool {
    let header = packet.transport.wrapping_sub(packet.network);
    !packet.first_fragment && header == if is_v4(packet) { 20 } else { 40 }
}

#[inline(always)]
fn is_v4(packet: &Packet) -> bool {
    packet.tuple.source.is_v4()
}

/// The Ethernet type of its IP version.
#[inline(always)]
fn ethernet_type(packet: &Packet) -> u16 {
    if is_v4(packet) { IPV4 } else { IPV6 }
}
