//! Who has which address in a lab: documentation ranges (RFC 5737, RFC 3849).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Cable, LAN, WAN};

/// The one interface of the client and of the server.
pub(super) const HOST_INTERFACE: &str = "eth0";

/// The Internet Protocol that a connection runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both, IPv4 first.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        })
    }
}

/// One of the three hosts of a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Runs the FTP clients.
    Client,
    /// Forwards between the two; ftp-track runs here.
    Gateway,
    /// Runs the FTP servers.
    Server,
}

impl Host {
    /// The host's address; for the gateway the one on the client's side.
    pub fn address(self, family: Family) -> IpAddr {
        let (net, host) = match self {
            Host::Client => (1, 2),
            Host::Gateway => (1, 1),
            Host::Server => (2, 2),
        };
        address(family, net, host)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Host::Client => "client",
            Host::Gateway => "gateway",
            Host::Server => "server",
        })
    }
}

/// The address of a host in network 1 (client) or 2 (server).
fn address(family: Family, net: u8, host: u8) -> IpAddr {
    match family {
        Family::V4 if net == 1 => Ipv4Addr::new(192, 0, 2, host).into(),
        Family::V4 => Ipv4Addr::new(198, 51, 100, host).into(),
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, net.into(), 0, 0, 0, 0, host.into()).into(),
    }
}

/// One of the two links: a host and the gateway's interface towards it.
pub(super) struct Side {
    pub(super) host: Host,
    interface: &'static str,
    net: u8,
}

pub(super) const SIDES: [Side; 2] = [
    Side {
        host: Host::Client,
        interface: LAN,
        net: 1,
    },
    Side {
        host: Host::Server,
        interface: WAN,
        net: 2,
    },
];

impl Side {
    /// `ip` lines, run in the gateway: makes the link and configures the gateway's end.
    pub(super) fn gateway_script(&self, namespace: &str, cable: &Cable) -> String {
        let lower = self.interface;
        let link = if cable.cards.is_some() {
            String::new()
        } else {
            format!("link add {lower} type veth peer name {HOST_INTERFACE} netns {namespace}\n")
        };
        link + &self.gateway_end_script(cable)
    }

    /// `ip` lines, run in the gateway: configures its end of a link that is there.
    pub(super) fn gateway_end_script(&self, cable: &Cable) -> String {
        let lower = self.interface;
        let (interface, vlan) = (cable.addressed(lower), cable.vlan_script(lower));
        let (v4, v6) = (
            address(Family::V4, self.net, 1),
            address(Family::V6, self.net, 1),
        );
        format!(
            "{vlan}addr add {v4}/24 dev {interface}\n\
             addr add {v6}/64 dev {interface} nodad\n\
             link set lo up\n\
             link set {interface} up\n"
        )
    }

    /// `ip` lines, run in the gateway: as [`Side::gateway_script`], but the link ends at `peer` in
    /// `namespace`, where a wire is.
    pub(super) fn wired_gateway_script(&self, namespace: &str, peer: &str) -> String {
        let interface = self.interface;
        let script = self
            .gateway_script(namespace, &Cable::default())
            .replace(&format!("name {HOST_INTERFACE}"), &format!("name {peer}"));
        // Its other end goes with it.
        format!("link del {interface}\n{script}")
    }

    /// `ip` lines, run in the host: the link that ends at `peer` in `namespace`, and the rest.
    /// Lost segments are sent again soon.
    pub(super) fn wired_host_script(&self, namespace: &str, peer: &str) -> String {
        let script = self
            .host_script(&Cable::default())
            .replace(" via ", " rto_min 5ms via ");
        format!("link add {HOST_INTERFACE} type veth peer name {peer} netns {namespace}\n{script}")
    }

    /// `ip` lines, run in the gateway: a second link to this network, whose gateway's end is `name`,
    /// with a route in a table of its own.
    pub(super) fn twin_script(&self, name: &str, table: u32) -> String {
        let mut script = format!("link set {name} up\n");
        for (family, length) in [(Family::V4, 24), (Family::V6, 64)] {
            let (own, network) = (address(family, self.net, 1), address(family, self.net, 0));
            script += &format!(
                "addr add {own}/{length} dev {name} noprefixroute nodad\n\
                 route add {network}/{length} dev {name} table {table}\n"
            );
        }
        script
    }

    /// The gateway's interface.
    pub(super) fn interface(&self) -> &'static str {
        self.interface
    }

    /// `ip` lines, run in the host.
    ///
    /// There is a route to the other network only: with a default route, a name server query would
    /// vanish in the gateway and every client that asks for names would wait for it.
    pub(super) fn host_script(&self, cable: &Cable) -> String {
        let interface = cable.addressed(HOST_INTERFACE);
        let vlan = cable.vlan_script(HOST_INTERFACE);
        let (v4, v6) = (
            address(Family::V4, self.net, 2),
            address(Family::V6, self.net, 2),
        );
        let (via4, via6) = (
            address(Family::V4, self.net, 1),
            address(Family::V6, self.net, 1),
        );
        let other = 3 - self.net;
        let (to4, to6) = (address(Family::V4, other, 0), address(Family::V6, other, 0));
        format!(
            "{vlan}addr add {v4}/24 dev {interface}\n\
             addr add {v6}/64 dev {interface} nodad\n\
             link set lo up\n\
             link set {interface} up\n\
             route add {to4}/24 via {via4}\n\
             route add {to6}/64 via {via6}\n"
        )
    }
}

/// `ip` lines, run in a host: the other host is on the same wire.
pub(super) fn neighbour_script(host: Host) -> String {
    let other = if host == Host::Client { 2 } else { 1 };
    let (v4, v6) = (address(Family::V4, other, 0), address(Family::V6, other, 0));
    format!(
        "route replace {v4}/24 dev {HOST_INTERFACE}\n\
         route replace {v6}/64 dev {HOST_INTERFACE}\n"
    )
}
