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
    /// Reserved, zero.
    pub reserved: u32,
    /// The union of [`PortSet::control`] of all ports: nearly all ports are in none of them, and need not be
    /// looked up.
    pub control: u64,
}

impl Config {
    /// What [`Self::control`] is for these control ports.
    pub fn union(ports: &[u16]) -> u64 {
        let bits = ports.iter().map(|port| PortSet::bit(*port));
        bits.fold(0, |all, bit| all | bit)
    }

    /// Whether neither port is one of control connections, as far as can be told without looking them up.
    #[inline(always)]
    pub const fn has_no_control(&self, one: u16, other: u16) -> bool {
        self.control & (PortSet::bit(one) | PortSet::bit(other)) == 0
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_port_is_overlooked() {
        let ports = [21, 2121, 65_535];
        let config = Config {
            control: Config::union(&ports),
            ..Config::default()
        };
        for port in ports {
            assert!(!config.has_no_control(port, 40_000));
            assert!(!config.has_no_control(40_000, port));
        }
        let others = (0..=u16::MAX).filter(|port| config.has_no_control(*port, 40_000));
        assert_eq!(others.count(), 61 * 1024);
        assert!(Config::default().has_no_control(21, 21), "without any");
    }
}
