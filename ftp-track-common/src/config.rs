//! What the daemon tells the kernel programs.

use bytemuck::{Pod, Zeroable};

/// What happens to packets.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything passes.
    Observe = 0,
    /// A new TCP connection that is neither allowed nor expected is dropped.
    Enforce = 1,
    /// Packets of admitted data connections get a mark, for the firewall's rules.
    Mark = 2,
    /// Admitted data connections are forwarded past the firewall.
    Bypass = 3,
    /// An admitted data connection gets an entry in the kernel's own connection tracking.
    Conntrack = 4,
}

impl Mode {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Observe),
            1 => Some(Self::Enforce),
            2 => Some(Self::Mark),
            3 => Some(Self::Bypass),
            4 => Some(Self::Conntrack),
            _ => None,
        }
    }

    /// The name on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
            Self::Mark => "mark",
            Self::Bypass => "bypass",
            Self::Conntrack => "conntrack",
        }
    }
}

/// The one value of the settings map: which policy is in force.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Config {
    /// The policy's generation: see [`crate::policy`]. 0 while there is none.
    pub generation: u32,
    /// How many rules it has; the last one is for everybody.
    pub rules: u32,
    /// Whether any of them permits third hosts (FXP).
    pub third_hosts: u32,
}

/// 64 neighbouring ports: the value of the port map. As of the rules, there are two places for
/// all of them, one in force.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct PortSet {
    /// Bit `port % 64` is set where FTP control connections arrive.
    pub control: u64,
    /// Bit `port % 64` is set where new connections are allowed; one list for each kind of group.
    pub allowed: [u64; PORT_LISTS],
}

/// Different lists of allowed ports, at most.
pub const PORT_LISTS: usize = 8;
/// Sets for all ports.
pub const PORT_SETS: u32 = 1024;
/// Entries of the port map.
pub const PORT_SLOTS: u32 = 2 * PORT_SETS;

impl PortSet {
    /// The set, of [`PORT_SETS`], that holds `port`.
    #[inline(always)]
    pub const fn index(port: u16) -> u32 {
        (port >> 6) as u32
    }

    /// The slot in the map of the set with this index, in the policy of `generation`.
    #[inline(always)]
    pub const fn slot(generation: u32, index: u32) -> u32 {
        (generation & 1) * PORT_SETS + index
    }

    /// The bit of `port` in its set.
    #[inline(always)]
    pub const fn bit(port: u16) -> u64 {
        1 << (port & 63)
    }
}
