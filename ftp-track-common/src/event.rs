//! What the kernel programs report as it happens.

use bytemuck::{Pod, Zeroable};

use crate::{
    policy::Binding,
    tuple::{SessionKey, Tuple},
};

/// Version of [`Event`]'s layout, in its header.
pub const VERSION: u16 = 1;

/// What happened.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// A control connection is tracked from now on.
    SessionNew = 1,
    /// A control connection ended.
    SessionEnd = 2,
    /// A data connection is expected.
    ExpectationNew = 3,
    /// An expectation was used.
    ExpectationUsed = 4,
    /// An expectation ended unused, or was replaced.
    ExpectationEnd = 5,
    /// PORT, EPRT, PASV or EPSV makes no expectation.
    Refused = 6,
    /// A data connection was admitted.
    FlowNew = 7,
    /// A data connection ended.
    FlowEnd = 8,
    /// A new connection was dropped.
    Dropped = 9,
}

impl EventKind {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::SessionNew,
            2 => Self::SessionEnd,
            3 => Self::ExpectationNew,
            4 => Self::ExpectationUsed,
            5 => Self::ExpectationEnd,
            6 => Self::Refused,
            7 => Self::FlowNew,
            8 => Self::FlowEnd,
            9 => Self::Dropped,
            _ => return None,
        })
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionNew => "session_new",
            Self::SessionEnd => "session_end",
            Self::ExpectationNew => "expectation_new",
            Self::ExpectationUsed => "expectation_used",
            Self::ExpectationEnd => "expectation_end",
            Self::Refused => "refused",
            Self::FlowNew => "flow_new",
            Self::FlowEnd => "flow_end",
            Self::Dropped => "dropped",
        }
    }
}

/// A record of the ring buffer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Event {
    /// [`VERSION`].
    pub version: u16,
    /// An [`EventKind`].
    pub kind: u8,
    /// A [`crate::reason::Reason`], or 0.
    pub reason: u8,
    /// The expectation's number in its session, or 0.
    pub expectation: u32,
    /// Monotonic clock, nanoseconds.
    pub time: u64,
    /// [`crate::session::Session::id`], or 0.
    pub session: u64,
    /// The control connection; zero where there is none.
    pub master: SessionKey,
    /// The packet's tuple; of an expectation: initiator, responder and the announced port.
    pub tuple: Tuple,
    /// A [`crate::request::RequestKind`]: PORT, EPRT, PASV or EPSV; or 0.
    pub request: u8,
    /// Reserved, zero.
    pub reserved: [u8; 3],
    /// The rule of the control connection; zero where there is none.
    pub binding: Binding,
}
