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
}

impl Mode {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Observe),
            1 => Some(Self::Enforce),
            _ => None,
        }
    }

    /// The name on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

/// The one value of the settings map. Times in nanoseconds.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
pub struct Config {
    /// How long an expectation waits.
    pub expectation_lifetime: u64,
    /// How long a control connection may be silent.
    pub session_idle: u64,
    /// How long a data connection may be silent.
    pub flow_idle: u64,
    /// A [`Mode`].
    pub mode: u8,
    /// Reserved, zero.
    pub reserved: [u8; 7],
}

const SECOND: u64 = 1_000_000_000;

impl Config {
    /// The defaults: expectations live 60 s, silent control connections two hours, silent data
    /// connections ten minutes.
    pub const fn new(mode: Mode) -> Self {
        Self {
            expectation_lifetime: 60 * SECOND,
            session_idle: 7200 * SECOND,
            flow_idle: 600 * SECOND,
            mode: mode as u8,
            reserved: [0; 7],
        }
    }

    /// Whether packets may be dropped.
    #[inline(always)]
    pub const fn enforces(&self) -> bool {
        self.mode == Mode::Enforce as u8
    }
}

/// 64 neighbouring ports: the value of the port map, whose index is the port divided by 64.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct PortSet {
    /// Bit `port % 64` is set where FTP control connections arrive.
    pub control: u64,
    /// Bit `port % 64` is set where new connections are allowed.
    pub allowed: u64,
}

/// Entries of the port map.
pub const PORT_SETS: u32 = 1024;

impl PortSet {
    /// The index of the set that holds `port`.
    #[inline(always)]
    pub const fn index(port: u16) -> u32 {
        (port >> 6) as u32
    }

    /// The bit of `port` in its set.
    #[inline(always)]
    pub const fn bit(port: u16) -> u64 {
        1 << (port & 63)
    }
}
