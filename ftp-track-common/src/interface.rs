//! What the kernel programs have to know of a network interface.

use bytemuck::{Pod, Zeroable};

use crate::config::Mode;

/// Frames have no Ethernet header: they begin with IP (tun, PPP, WireGuard, tunnels).
pub const LAYER3: u8 = 1;
/// Segments that never were on a wire come by here, with checksums that are yet to be completed
/// (`CHECKSUM_PARTIAL`, include/linux/skbuff.h): a virtual link, or XDP in generic mode.
pub const PARTIAL: u8 = 2;
/// What comes in by here passes one of the programs, at this interface or at one below it.
pub const INGRESS: u8 = 4;
/// It belongs to no bridge and no bond: what comes in by here is routed.
pub const ROUTED: u8 = 8;
/// Its driver takes frames from XDP, to send them.
pub const TRANSMITS: u8 = 16;
/// What comes in by here and is neither TCP nor ICMP is dropped.
pub const TCP_ONLY: u8 = 32;
/// The kernel drops IPv4 packets that come in by here from addresses to which another interface
/// leads (`rp_filter` = 1, Documentation/networking/ip-sysctl.rst).
pub const STRICT: u8 = 64;

/// The interface of segments that were made on this machine, in place of an index. The kernel's
/// indices are positive numbers of 31 bits.
pub const LOCAL: u32 = u32::MAX;

/// Added to an interface's index for segments that came in PPPoE frames: what is inside of them is
/// another link than the Ethernet they cross.
pub const PPPOE: u32 = 1 << 31;

/// Slots in the interface map. An interface is in slot `index % SLOTS`: an array's look-up is a few
/// instructions, a hash's is a call.
pub const SLOTS: u32 = 4096;

/// Value of the interface map.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Interface {
    /// The kernel's index of the interface; 0 in a free slot.
    pub index: u32,
    /// The index under which segments are known that come in by here: of a bond's parts the bond's,
    /// of a VLAN the one below, else its own.
    pub identity: u32,
    /// The bits that mark mode sets.
    pub mark: u32,
    /// The bits that mark mode may change.
    pub mask: u32,
    /// A [`Mode`].
    pub mode: u8,
    /// [`LAYER3`] and the like.
    pub flags: u8,
    /// Its link layer address; zero without Ethernet.
    pub address: [u8; 6],
    /// Index of the interface that sends its frames: its own, or of a VLAN the one below.
    pub port: u32,
    /// Control information of the VLAN tag that its frames carry there, host byte order; or 0.
    pub vlan: u16,
    /// Which list of allowed ports counts here, in policies of even and of odd generation.
    pub lists: [u8; 2],
    /// The conntrack zone of what comes in by here.
    pub zone: u16,
    /// Reserved, zero.
    pub reserved: u16,
}

impl Interface {
    /// An interface that has no flags and is known by its own index.
    pub const fn new(index: u32, mode: Mode) -> Self {
        Self {
            index,
            identity: index,
            mark: 0,
            mask: 0,
            mode: mode as u8,
            flags: 0,
            address: [0; 6],
            port: index,
            vlan: 0,
            lists: [0; 2],
            zone: 0,
            reserved: 0,
        }
    }

    /// The slot of the interface with this index.
    #[inline(always)]
    pub const fn slot(index: u32) -> u32 {
        index % SLOTS
    }

    /// Whether `flag` is set.
    #[inline(always)]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether something depends on which connections are admitted here.
    #[inline(always)]
    pub const fn admits(&self) -> bool {
        self.mode != Mode::Observe as u8
    }

    /// Whether admitted data connections are forwarded past the firewall.
    #[inline(always)]
    pub const fn bypasses(&self) -> bool {
        self.mode == Mode::Bypass as u8
    }

    /// Whether packets may be dropped that come in by here.
    #[inline(always)]
    pub const fn enforces(&self) -> bool {
        self.mode == Mode::Enforce as u8
    }

    /// Whether expected connections that come in by here get an entry in the kernel's conntrack.
    #[inline(always)]
    pub const fn makes_entries(&self) -> bool {
        self.mode == Mode::Conntrack as u8
    }
}
