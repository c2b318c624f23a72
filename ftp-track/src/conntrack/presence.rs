//! Whether conntrack is at work in this network namespace.

use std::{
    fs,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use super::symbols::SYSCTL;

/// Whether conntrack sees this network namespace's packets.
///
/// The module alone says nothing: conntrack watches a namespace only while a rule of that namespace
/// needs it. Netlink shows the hooks, but not on every kernel (`CONFIG_NETFILTER_NETLINK_HOOK`). So
/// the entries are counted; where there is none yet, as at boot, a datagram that we send to
/// ourselves makes one if anything does.
pub fn is_active() -> bool {
    has_entries() || {
        knock(Ipv4Addr::LOCALHOST.into());
        knock(Ipv6Addr::LOCALHOST.into());
        has_entries()
    }
}

fn has_entries() -> bool {
    let count = fs::read_to_string(SYSCTL).ok();
    count.is_some_and(|count| count.trim().parse().is_ok_and(|count: u64| count != 0))
}

/// Sends an empty datagram to a socket of our own. Without the loopback interface, it goes nowhere.
fn knock(host: std::net::IpAddr) {
    let socket = UdpSocket::bind(SocketAddr::new(host, 0));
    _ = socket.and_then(|socket| socket.send_to(&[], socket.local_addr()?));
}
