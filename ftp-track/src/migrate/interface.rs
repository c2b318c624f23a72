//! The interfaces that FTP may pass.

use std::{collections::BTreeMap, path::Path};

use nix::{
    ifaddrs::getifaddrs,
    net::if_::InterfaceFlags,
    sys::socket::{SockaddrLike as _, SockaddrStorage},
};

use super::{Obstacle, kernel::read};

/// An interface of this network namespace that is up, is no loopback, and has an address or a
/// route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its addresses, without link-local ones.
    pub addresses: Vec<String>,
    /// Whether a default route goes through it.
    pub default_route: bool,
}

/// Looks at addresses and routes.
pub fn look(unseen: &mut Vec<Obstacle>) -> Vec<Interface> {
    let routes = ["/proc/net/route", "/proc/net/ipv6_route"].map(|path| {
        read(Path::new(path)).unwrap_or_else(|error| {
            unseen.push(Obstacle::refused(path, error));
            None
        })
    });
    let [v4, v6] = routes.map(Option::unwrap_or_default);
    let defaults: Vec<String> = default_v4(&v4).chain(default_v6(&v6)).collect();
    let mut interfaces: BTreeMap<String, Interface> = BTreeMap::new();
    match getifaddrs() {
        Ok(addresses) => {
            for item in addresses {
                let up = item.flags.contains(InterfaceFlags::IFF_UP)
                    && !item.flags.contains(InterfaceFlags::IFF_LOOPBACK);
                let address = item.address.as_ref().and_then(routable);
                let default_route = defaults.contains(&item.interface_name);
                if !up || address.is_none() && !default_route {
                    continue;
                }
                let interface = interfaces
                    .entry(item.interface_name.clone())
                    .or_insert_with(|| Interface {
                        name: item.interface_name,
                        addresses: Vec::new(),
                        default_route,
                    });
                interface.addresses.extend(address);
            }
        }
        Err(error) => unseen.push(Obstacle::refused("the interfaces", error)),
    }
    interfaces.into_values().collect()
}

fn routable(address: &SockaddrStorage) -> Option<String> {
    match address.family()? {
        nix::sys::socket::AddressFamily::Inet => Some(address.as_sockaddr_in()?.ip().to_string()),
        nix::sys::socket::AddressFamily::Inet6 => {
            let ip = address.as_sockaddr_in6()?.ip();
            (!ip.is_unicast_link_local()).then(|| ip.to_string())
        }
        _ => None,
    }
}

/// Columns: interface, destination, gateway, flags, ..., mask in the eighth (net/ipv4/fib_trie.c).
fn default_v4(text: &str) -> impl Iterator<Item = String> {
    text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_default = fields.get(1) == Some(&"00000000") && fields.get(7) == Some(&"00000000");
        is_default.then(|| fields[0].to_owned())
    })
}

/// Columns: destination, its prefix length, ..., flags in the ninth, interface (net/ipv6/route.c).
fn default_v6(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_default = fields.get(1) == Some(&"00")
            && fields[0].bytes().all(|digit| digit == b'0')
            && fields.last() != Some(&"lo");
        is_default.then(|| fields.last().map(|name| (*name).to_owned()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes() {
        let v4 = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n\
                  wan\t00000000\t016433C6\t0003\t0\t0\t0\t00000000\t0\n\
                  lan\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n";
        assert_eq!(default_v4(v4).collect::<Vec<_>>(), ["wan"]);
        let zero = "0".repeat(32);
        let v6 = format!(
            "{zero} 00 {zero} 00 20010db8000000000000000000000001 00000400 1 0 00000003 wan\n\
             {zero} 00 {zero} 00 {zero} ffffffff 1 0 00200200 lo\n\
             20010db8{0} 40 {zero} 00 {zero} 00000100 1 0 00000001 lan\n",
            "0".repeat(24)
        );
        assert_eq!(default_v6(&v6).collect::<Vec<_>>(), ["wan"]);
    }
}
