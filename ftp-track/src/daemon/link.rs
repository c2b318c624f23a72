//! What the kernel says of a network interface.

use std::fs;

use rtnetlink::packet_route::link::{
    InfoData, InfoKind, InfoVlan, LinkAttribute, LinkInfo, LinkLayerType, LinkMessage, LinkXdp,
    XdpAttached,
};

use super::attachment::Hook;

/// The driver whose interfaces are virtual though they sit on a PCI bus.
const VMXNET3: &str = "vmxnet3";

/// A network interface.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Its index.
    pub index: u32,
    /// Ids of the XDP programs that are attached.
    pub programs: Vec<u32>,
    /// How the XDP program is attached, if there is one.
    pub xdp: Option<Hook>,
    /// Frames have no Ethernet header.
    pub layer3: bool,
    /// It leads back to this machine.
    pub loopback: bool,
    /// The kernel's word for it, such as `veth`; none where there is a device.
    pub kind: Option<InfoKind>,
    /// Index of the bridge or bond that it belongs to.
    pub master: Option<u32>,
    /// Index of the interface that it lies on, where that is one of this namespace.
    pub below: Option<u32>,
    /// Its link layer address, where that is Ethernet's.
    pub address: Option<[u8; 6]>,
    /// Of a VLAN, its number.
    pub vlan: Option<u16>,
    /// It takes frames from XDP, to send them.
    pub transmits: bool,
    /// The kernel drops what comes in by it from addresses that are routed elsewhere.
    pub strict: bool,
    /// The bus its device sits on, such as `pci` or `virtio`.
    pub bus: Option<String>,
    /// The device on that bus.
    pub device: Option<String>,
}

impl Link {
    /// From the kernel's message.
    pub fn of(message: &LinkMessage) -> Self {
        let mut link = Self {
            index: message.header.index,
            layer3: is_layer3(message.header.link_layer_type),
            loopback: message.header.link_layer_type == LinkLayerType::Loopback,
            ..Self::default()
        };
        let mut elsewhere = false;
        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name.clone_from(name),
                LinkAttribute::Xdp(attributes) => {
                    link.programs = programs(attributes);
                    link.xdp = hook(attributes);
                }
                LinkAttribute::LinkInfo(infos) => {
                    link.kind = kind(infos);
                    link.vlan = vlan(infos);
                }
                LinkAttribute::Address(address) => {
                    link.address = address.as_slice().try_into().ok();
                }
                LinkAttribute::Controller(index) => link.master = Some(*index),
                LinkAttribute::Link(index) => link.below = Some(*index),
                LinkAttribute::LinkNetNsId(_) => elsewhere = true,
                LinkAttribute::ParentDevBusName(name) => link.bus = Some(name.clone()),
                LinkAttribute::ParentDevName(name) => link.device = Some(name.clone()),
                _ => {}
            }
        }
        link.below = link.below.filter(|_| !elsewhere && link.carries_others());
        link.strict = is_strict(&link.name);
        link
    }

    /// Whether it passes on what comes in by the interface below, unchanged.
    fn carries_others(&self) -> bool {
        use InfoKind::{IpVlan, IpVtap, MacVlan, MacVtap, Vlan};
        matches!(self.kind, Some(Vlan | MacVlan | MacVtap | IpVlan | IpVtap))
    }

    /// Whether it is the bond or team of several others.
    pub fn is_bond(&self) -> bool {
        matches!(self.kind, Some(InfoKind::Bond | InfoKind::Team))
    }

    /// Whether segments can come in by it that never were on a wire: from a container, a virtual
    /// machine or the machine around this one.
    pub fn is_virtual(&self) -> bool {
        use InfoKind::{Bond, MacSec, Team, Vlan, Vti, Vti6, Wireguard, Wwan, Xfrm};
        match &self.kind {
            // As what they lie on: segments that were joined say so themselves.
            Some(Vlan | Bond | Team) => false,
            // The sender completes the checksum before it encrypts.
            Some(Wireguard | MacSec | Xfrm | Vti | Vti6) => false,
            Some(Wwan) => false,
            Some(InfoKind::Other(kind)) => kind != "ppp",
            Some(_) => true,
            None => {
                self.loopback
                    || matches!(self.bus.as_deref(), Some("virtio" | "xen" | "vmbus"))
                    || self.driver().as_deref() == Some(VMXNET3)
            }
        }
    }

    /// The device's driver; sysfs shows devices in every network namespace.
    fn driver(&self) -> Option<String> {
        let (bus, device) = (self.bus.as_ref()?, self.device.as_ref()?);
        let path = fs::read_link(format!("/sys/bus/{bus}/devices/{device}/driver")).ok()?;
        Some(path.file_name()?.to_str()?.to_owned())
    }
}

/// Whether `rp_filter` is strict: the larger of the settings for all and for one counts. Not where
/// marks have a say in the way back (Documentation/networking/ip-sysctl.rst).
fn is_strict(name: &str) -> bool {
    let of = |interface: &str, setting: &str| -> u8 {
        let path = format!("/proc/sys/net/ipv4/conf/{interface}/{setting}");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    };
    let larger = |setting| of("all", setting).max(of(name, setting));
    larger("rp_filter") == 1 && larger("src_valid_mark") == 0
}

fn is_layer3(kind: LinkLayerType) -> bool {
    use LinkLayerType::{Ip6gre, Ipgre, None, Ppp, Rawip, Sit, Tunnel, Tunnel6};
    matches!(
        kind,
        None | Ppp | Rawip | Tunnel | Tunnel6 | Sit | Ipgre | Ip6gre
    )
}

fn kind(infos: &[LinkInfo]) -> Option<InfoKind> {
    infos.iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(kind.clone()),
        _ => None,
    })
}

fn hook(attributes: &[LinkXdp]) -> Option<Hook> {
    attributes.iter().find_map(|attribute| match attribute {
        LinkXdp::Attached(XdpAttached::Driver) => Some(Hook::Driver),
        LinkXdp::Attached(XdpAttached::SocketBuffer) => Some(Hook::Generic),
        _ => None,
    })
}

fn vlan(infos: &[LinkInfo]) -> Option<u16> {
    let attributes = infos.iter().filter_map(|info| match info {
        LinkInfo::Data(InfoData::Vlan(attributes)) => Some(attributes),
        _ => None,
    });
    attributes.flatten().find_map(|attribute| match attribute {
        InfoVlan::Id(number) => Some(*number),
        _ => None,
    })
}

fn programs(attributes: &[LinkXdp]) -> Vec<u32> {
    let ids = attributes.iter().filter_map(|attribute| match attribute {
        LinkXdp::ProgId(id)
        | LinkXdp::DrvProgId(id)
        | LinkXdp::SkbProgId(id)
        | LinkXdp::HwProgId(id) => Some(*id),
        _ => None,
    });
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
