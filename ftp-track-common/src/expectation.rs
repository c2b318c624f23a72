//! A data connection that a control connection announced.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    reason::Reason,
    request::{RequestKind, THIRD},
    tuple::{ExpectationKey, SessionKey},
};

/// How the data connection was announced.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpectationKind {
    /// PORT: the server connects to the client.
    Port = 1,
    /// EPRT: the server connects to the client.
    Eprt = 2,
    /// PASV: the client connects to the server.
    Pasv = 3,
    /// EPSV: the client connects to the server.
    Epsv = 4,
}

impl ExpectationKind {
    /// From the kind of the request that was answered, whether [`THIRD`] is set or not.
    #[inline(always)]
    pub const fn of_request(kind: u8) -> Option<Self> {
        const PORT: u8 = RequestKind::Port as u8;
        const EPRT: u8 = RequestKind::Eprt as u8;
        const PASV: u8 = RequestKind::Pasv as u8;
        const EPSV: u8 = RequestKind::Epsv as u8;
        match kind & !THIRD {
            PORT => Some(Self::Port),
            EPRT => Some(Self::Eprt),
            PASV => Some(Self::Pasv),
            EPSV => Some(Self::Epsv),
            _ => None,
        }
    }

    /// Whether the server is the one that connects.
    #[inline(always)]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Port | Self::Eprt)
    }

    /// The command's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Port => "PORT",
            Self::Eprt => "EPRT",
            Self::Pasv => "PASV",
            Self::Epsv => "EPSV",
        }
    }

    /// Key of the expectation for `port`, of the control connection `master` alone.
    #[inline(always)]
    pub const fn key(self, master: &SessionKey, port: u16) -> ExpectationKey {
        let (initiator, responder) = if self.is_active() {
            (master.server, master.client)
        } else {
            (master.client, master.server)
        };
        ExpectationKey {
            initiator,
            responder,
            responder_port: port,
            reserved: 0,
            zone: master.zone,
        }
    }
}

/// [`Expectation::session`] of one that an administrator made. It has no control connection; of its
/// master there are only the addresses. Sessions are numbered from higher up.
pub const BY_HAND: u64 = 0;

/// Value of the expectation map. It never changes after it was inserted: whether it may still be
/// used is written in the session's [`Pending`], under the session's lock, so that it cannot
/// outlive what its control connection says of it.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Expectation {
    /// The control connection.
    pub master: SessionKey,
    /// [`crate::session::Session::id`] of the master, or [`BY_HAND`].
    pub session: u64,
    /// When it was made; monotonic clock, nanoseconds.
    pub created: u64,
    /// When it ends; monotonic clock, nanoseconds.
    pub expires: u64,
    /// Its number in the session, from 1; 0 while the server has not answered the PORT or EPRT.
    pub id: u32,
    /// A [`RequestKind`]: PORT, EPRT, PASV or EPSV, perhaps with [`THIRD`].
    pub kind: u8,
    /// Reserved, zero.
    pub reserved: u8,
    /// Port after translation, host byte order; 0 when there is none.
    pub translated_port: u16,
    /// Address after translation; zero when there is none.
    pub translated: Address,
}

/// Whether an expectation has to leave its map.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// It stays.
    Due = 0,
    /// Its time was over, and nobody had used it.
    Expired = 1,
    /// It was used, or its session gave it up: that was reported.
    Forgotten = 2,
}

impl Expectation {
    /// Whether an administrator made it.
    #[inline(always)]
    pub const fn is_by_hand(&self) -> bool {
        self.session == BY_HAND
    }

    /// Judges by what the session says that has the master's key now. The expectation has to be
    /// read first: a number that the session no longer has is gone for good.
    #[inline(always)]
    pub fn presence(&self, session: Option<(u64, &Pending)>, now: u64) -> Presence {
        if self.is_by_hand() {
            return if now < self.expires {
                Presence::Due
            } else {
                Presence::Expired
            };
        }
        let Some((id, pending)) = session else {
            return Presence::Forgotten;
        };
        if id != self.session {
            return Presence::Forgotten;
        }
        let due = now < self.expires;
        if self.id == 0 {
            // PORT or EPRT that waits for the server's answer; nothing has been reported of it.
            return if due {
                Presence::Due
            } else {
                Presence::Forgotten
            };
        }
        if !pending.is_some() || pending.id != self.id {
            Presence::Forgotten
        } else if due {
            Presence::Due
        } else if pending.is_used() {
            Presence::Forgotten
        } else {
            Presence::Expired
        }
    }
}

/// State of a [`Pending`] expectation.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PendingState {
    /// There is none.
    Empty = 0,
    /// A data connection may use it.
    Armed = 1,
    /// A data connection uses it; a RST before it is established arms it again.
    Used = 2,
}

/// What a session says of its one expectation.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Pending {
    /// When it ends; monotonic clock, nanoseconds.
    pub expires: u64,
    /// The expectation's number in the session.
    pub id: u32,
    /// The announced port, host byte order.
    pub port: u16,
    /// A [`RequestKind`]: PORT, EPRT, PASV or EPSV, perhaps with [`THIRD`].
    pub kind: u8,
    /// A [`PendingState`].
    state: u8,
    /// Of PORT and EPRT with [`THIRD`], the host that was named.
    pub third: Address,
}

impl Pending {
    /// Arms a new expectation.
    #[inline(always)]
    pub fn arm(&mut self, id: u32, kind: u8, port: u16, expires: u64) {
        self.expires = expires;
        self.id = id;
        self.port = port;
        self.kind = kind;
        self.state = PendingState::Armed as u8;
    }

    /// The address of the third host that the server connects to, if it is one.
    #[inline(always)]
    pub const fn third(&self) -> Option<&Address> {
        let active = match ExpectationKind::of_request(self.kind) {
            Some(kind) => kind.is_active(),
            None => false,
        };
        if active && self.kind & THIRD != 0 {
            Some(&self.third)
        } else {
            None
        }
    }

    /// Whether there is an expectation, used or not.
    #[inline(always)]
    pub const fn is_some(&self) -> bool {
        self.state != PendingState::Empty as u8
    }

    /// Whether a data connection uses it.
    #[inline(always)]
    pub const fn is_used(&self) -> bool {
        self.state == PendingState::Used as u8
    }

    /// Lets one data connection use expectation `id`.
    #[inline(always)]
    pub fn take(&mut self, id: u32, now: u64) -> Result<(), Reason> {
        if self.state == PendingState::Empty as u8 || self.id != id {
            return Err(Reason::Replaced);
        }
        if now >= self.expires {
            return Err(Reason::Expired);
        }
        if self.is_used() {
            return Err(Reason::AlreadyUsed);
        }
        self.state = PendingState::Used as u8;
        Ok(())
    }

    /// The data connection that used expectation `id` was refused before it was established.
    #[inline(always)]
    pub fn rearm(&mut self, id: u32, now: u64) -> bool {
        let again = self.is_used() && self.id == id && now < self.expires;
        if again {
            self.state = PendingState::Armed as u8;
        }
        again
    }

    /// Forgets it.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.state = PendingState::Empty as u8;
    }
}
