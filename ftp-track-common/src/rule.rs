//! What the policy says of the control connections of some clients to some servers.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address, client, command::Command, conversation::LOWEST_PORT, prefix::Prefix,
    reason::Reason, reply::Reply,
};

/// Ports that control connections of one rule may go to, at most.
pub const CONTROL_PORTS: usize = 16;
/// Ranges of ports that one rule admits, at most.
pub const PORT_RANGES: usize = 8;
/// Prefixes of third hosts that one rule permits, at most.
pub const THIRD_HOSTS: usize = 8;
/// Bytes of a rule's name.
pub const NAME_BYTES: usize = 32;
/// Where active data connections come from by the book (RFC 959, 3.2).
pub const DATA_PORT: u16 = 20;

const SECOND: u64 = 1_000_000_000;

/// What is done with a control connection.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It is read, and what it announces is expected.
    Track = 0,
    /// It passes unread.
    Ignore = 1,
    /// In enforce mode it is not let through; elsewhere it passes unread.
    Refuse = 2,
}

impl Action {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Track),
            1 => Some(Self::Ignore),
            2 => Some(Self::Refuse),
            _ => None,
        }
    }

    /// The name in the configuration and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Ignore => "ignore",
            Self::Refuse => "refuse",
        }
    }
}

/// How loud the journal speaks of a rule's control connections.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogLevel {
    /// As each event deserves: refusals as warnings, the rest as information.
    Normal = 0,
    /// Not at all.
    None = 1,
    /// For debugging.
    Debug = 2,
    /// As information.
    Info = 3,
    /// As warnings.
    Warn = 4,
}

impl LogLevel {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Normal),
            1 => Some(Self::None),
            2 => Some(Self::Debug),
            3 => Some(Self::Info),
            4 => Some(Self::Warn),
            _ => None,
        }
    }

    /// The name in the configuration and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::None => "none",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }
}

/// Neighbouring ports, host byte order. All zero holds no port that may be announced.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl PortRange {
    /// Every port that may be announced at all.
    pub const ALL: Self = Self {
        first: LOWEST_PORT,
        last: u16::MAX,
    };

    /// Whether `port` is one of them.
    #[inline(always)]
    pub const fn contains(&self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// A rule. An all-zero one applies to nothing and admits nothing.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Rule {
    /// The clients it is for.
    pub client: Prefix,
    /// The servers it is for.
    pub server: Prefix,
    /// How long an expectation waits, nanoseconds.
    pub expectation_lifetime: u64,
    /// How long a control connection may be silent, nanoseconds.
    pub session_idle: u64,
    /// How long a data connection may be silent, nanoseconds.
    pub flow_idle: u64,
    /// Ports that data connections may go to; unused ones are zero.
    pub ports: [PortRange; PORT_RANGES],
    /// Ports of the control connections it is for; unused ones are zero.
    pub control_ports: [u16; CONTROL_PORTS],
    /// Control connections that one client may have at once; 0 is any number.
    pub sessions_per_client: u32,
    /// Data connections that one client may have at once; 0 is any number.
    pub flows_per_client: u32,
    /// An [`Action`].
    pub action: u8,
    /// A [`LogLevel`].
    pub log: u8,
    /// PORT and EPRT are admitted.
    pub active: u8,
    /// PASV and EPSV are admitted.
    pub passive: u8,
    /// Active data connections have to come from [`DATA_PORT`].
    pub source_port_20: u8,
    /// How many expectations a control connection may have at once: 0 or 1.
    pub pending: u8,
    /// How many of `fxp` count.
    pub fxp_count: u8,
    /// Reserved, zero.
    pub reserved: u8,
    /// Third hosts with which there may be data connections (FXP).
    pub fxp: [Prefix; THIRD_HOSTS],
    /// Its name in UTF-8, padded with zeros.
    pub name: [u8; NAME_BYTES],
}

impl Rule {
    /// What holds unless something else is said, for no control port yet: everything that FTP
    /// announces is admitted. Expectations live 60 s, silent control connections two hours, silent
    /// data connections ten minutes.
    pub const fn open() -> Self {
        const NONE: PortRange = PortRange { first: 0, last: 0 };
        Self {
            client: Prefix::ANY,
            server: Prefix::ANY,
            expectation_lifetime: 60 * SECOND,
            session_idle: 7200 * SECOND,
            flow_idle: 600 * SECOND,
            ports: [PortRange::ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE],
            control_ports: [0; CONTROL_PORTS],
            sessions_per_client: client::SESSIONS,
            flows_per_client: client::FLOWS,
            action: Action::Track as u8,
            log: LogLevel::Normal as u8,
            active: 1,
            passive: 1,
            source_port_20: 0,
            pending: 1,
            fxp_count: 0,
            reserved: 0,
            fxp: [Prefix::ANY; THIRD_HOSTS],
            name: [0; NAME_BYTES],
        }
    }

    /// Whether it is for the control connections from `client` to `port` of `server`.
    #[inline(always)]
    pub const fn applies(&self, client: &Address, server: &Address, port: u16) -> bool {
        self.client.contains(client) && self.server.contains(server) && self.is_control(port)
    }

    #[inline(always)]
    const fn is_control(&self, port: u16) -> bool {
        let mut i = 0;
        while i < CONTROL_PORTS {
            if self.control_ports[i] == port {
                return port != 0;
            }
            i += 1;
        }
        false
    }

    /// Whether control connections are tracked.
    #[inline(always)]
    pub const fn tracks(&self) -> bool {
        self.action == Action::Track as u8
    }

    /// Whether control connections are refused.
    #[inline(always)]
    pub const fn refuses(&self) -> bool {
        self.action == Action::Refuse as u8
    }

    /// Whether there may be data connections with any third host.
    #[inline(always)]
    pub const fn has_third_hosts(&self) -> bool {
        self.fxp_count != 0
    }

    /// Whether there may be data connections with the third host at `address` (FXP).
    #[inline(always)]
    pub const fn admits_third(&self, address: &Address) -> bool {
        let mut i = 0;
        while i < THIRD_HOSTS {
            if i < self.fxp_count as usize && self.fxp[i].contains(address) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Why what `command` announces is not admitted, or [`Reason::None`]; [`Reason::ThirdHost`] if it
    /// is admitted, and may be with a third host. `own` is the client's address. A PORT or EPRT to
    /// somebody else is a bounce (RFC 2577, 3; CVE-1999-0017) where the rule does not name him.
    #[inline(always)]
    pub const fn judge_command(&self, command: &Command, own: &Address) -> Reason {
        let (address, port) = match command {
            Command::Port(address, port) | Command::Eprt(address, port) => (address, *port),
            Command::MalformedPort | Command::MalformedEprt => return Reason::MalformedCommand,
            Command::Pasv | Command::Epsv if self.has_third_hosts() => return Reason::ThirdHost,
            _ => return Reason::None,
        };
        let third = !address.same(own);
        if third && !self.admits_third(address) {
            return Reason::Bounce;
        }
        if port < LOWEST_PORT {
            return Reason::LowPort;
        }
        match self.judge(true, port) {
            Reason::None if third => Reason::ThirdHost,
            judgement => judgement,
        }
    }

    /// Why what `reply` announces is not admitted, or [`Reason::None`].
    #[inline(always)]
    pub const fn judge_reply(&self, reply: &Reply) -> Reason {
        match reply {
            Reply::Final {
                port: Some(port), ..
            } if *port < LOWEST_PORT => Reason::LowPort,
            Reply::Final {
                port: Some(port), ..
            } => self.judge(false, *port),
            _ => Reason::None,
        }
    }

    /// Why a data connection to the announced `port` is not admitted, or [`Reason::None`]. An
    /// `active` one comes from the server.
    #[inline(always)]
    pub const fn judge(&self, active: bool, port: u16) -> Reason {
        if !self.tracks() {
            return Reason::PolicyChanged;
        }
        if active && self.active == 0 {
            return Reason::ActiveForbidden;
        }
        if !active && self.passive == 0 {
            return Reason::PassiveForbidden;
        }
        if self.pending == 0 {
            return Reason::PendingForbidden;
        }
        if !self.is_data(port) {
            return Reason::PortForbidden;
        }
        Reason::None
    }

    #[inline(always)]
    const fn is_data(&self, port: u16) -> bool {
        let mut i = 0;
        while i < PORT_RANGES {
            if self.ports[i].contains(port) {
                return port >= LOWEST_PORT;
            }
            i += 1;
        }
        false
    }

    /// Whether an active data connection may come from `port`.
    #[inline(always)]
    pub const fn admits_source(&self, port: u16) -> bool {
        self.source_port_20 == 0 || port == DATA_PORT
    }

    /// Where it stands among the rules: the first that applies counts, the highest comes first. Of
    /// two rules of which one has prefixes inside the other's, that one comes first; where they have
    /// the same prefixes, the one with fewer ports.
    pub fn precedence(&self) -> (u32, u32) {
        let ports = self.control_ports.iter().filter(|port| **port != 0);
        let bits = self.client.length() + self.server.length();
        (bits, (CONTROL_PORTS - ports.count()) as u32)
    }
}
