//! Commands whose answer matters, in the order in which they were sent.

use bytemuck::{Pod, Zeroable};

/// How many such commands one control connection may have outstanding.
pub const CAPACITY: usize = 32;
const MASK: u8 = CAPACITY as u8 - 1;

/// Bit of a kind that is kept: the data connection may be with a third host (FXP). The other bits are
/// a [`RequestKind`].
pub const THIRD: u8 = 0x80;

/// A command whose answer matters.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// PORT.
    Port = 1,
    /// EPRT.
    Eprt = 2,
    /// PASV.
    Pasv = 3,
    /// EPSV.
    Epsv = 4,
    /// EPSV ALL.
    EpsvAll = 5,
    /// AUTH.
    Auth = 6,
    /// REIN.
    Rein = 7,
    /// QUIT.
    Quit = 8,
    /// ABOR.
    Abor = 9,
}

impl RequestKind {
    /// From its number, whether [`THIRD`] is set or not.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number & !THIRD {
            1 => Self::Port,
            2 => Self::Eprt,
            3 => Self::Pasv,
            4 => Self::Epsv,
            5 => Self::EpsvAll,
            6 => Self::Auth,
            7 => Self::Rein,
            8 => Self::Quit,
            9 => Self::Abor,
            _ => return None,
        })
    }

    /// The command's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Port => "PORT",
            Self::Eprt => "EPRT",
            Self::Pasv => "PASV",
            Self::Epsv => "EPSV",
            Self::EpsvAll => "EPSV ALL",
            Self::Auth => "AUTH",
            Self::Rein => "REIN",
            Self::Quit => "QUIT",
            Self::Abor => "ABOR",
        }
    }
}

/// One outstanding request.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Request {
    /// Its place among all commands of the connection.
    pub index: u32,
    /// The port of PORT or EPRT.
    pub port: u16,
    /// A [`RequestKind`], perhaps with [`THIRD`].
    pub kind: u8,
    /// Why PORT or EPRT is refused whatever the server says: a [`crate::reason::Reason`], or 0.
    pub refusal: u8,
}

impl Request {
    /// Whether it is `kind`.
    #[inline(always)]
    pub const fn is(&self, kind: RequestKind) -> bool {
        self.kind & !THIRD == kind as u8
    }

    /// Whether the data connection may be with a third host.
    #[inline(always)]
    pub const fn is_third(&self) -> bool {
        self.kind & THIRD != 0
    }

    /// PASV or EPSV: either reply may answer either (227, 229).
    #[inline(always)]
    pub const fn is_passive(&self) -> bool {
        self.is(RequestKind::Pasv) || self.is(RequestKind::Epsv)
    }

    /// PORT or EPRT.
    #[inline(always)]
    pub const fn is_active(&self) -> bool {
        self.is(RequestKind::Port) || self.is(RequestKind::Eprt)
    }

    /// Whether it ends an earlier expectation once the server gets to it.
    #[inline(always)]
    pub const fn supersedes(&self) -> bool {
        self.is_active()
            || self.is_passive()
            || self.is(RequestKind::Rein)
            || self.is(RequestKind::Quit)
    }
}

/// The outstanding requests, oldest first.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Requests {
    entries: [Request; CAPACITY],
    head: u8,
    length: u8,
    reserved: [u8; 6],
}

impl Requests {
    /// Appends a request; false when there is no room.
    #[inline(always)]
    pub fn push(&mut self, request: Request) -> bool {
        if self.length as usize >= CAPACITY {
            return false;
        }
        let at = self.head.wrapping_add(self.length) & MASK;
        self.entries[at as usize] = request;
        self.length += 1;
        true
    }

    /// The oldest request.
    #[inline(always)]
    pub fn front(&self) -> Option<Request> {
        (self.length != 0).then_some(self.entries[(self.head & MASK) as usize])
    }

    /// Marks the oldest request as settled, for `reason`.
    #[inline(always)]
    pub fn mark_front(&mut self, reason: u8) {
        self.entries[(self.head & MASK) as usize].refusal = reason;
    }

    /// Takes the oldest request out.
    #[inline(always)]
    pub fn pop(&mut self) {
        if self.length != 0 {
            self.head = self.head.wrapping_add(1) & MASK;
            self.length -= 1;
        }
    }

    /// The oldest PASV or EPSV, and everything older goes; nothing changes when there is none.
    #[inline(always)]
    pub fn take_passive(&mut self) -> Option<Request> {
        let mut i = 0u8;
        while i < CAPACITY as u8 {
            if i >= self.length {
                return None;
            }
            let request = self.entries[(self.head.wrapping_add(i) & MASK) as usize];
            if request.is_passive() {
                self.head = self.head.wrapping_add(i + 1) & MASK;
                self.length -= i + 1;
                return Some(request);
            }
            i += 1;
        }
        None
    }

    /// Forgets all requests.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// How many requests are outstanding.
    #[inline(always)]
    pub const fn len(&self) -> u8 {
        self.length
    }

    /// Whether no request is outstanding.
    #[inline(always)]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}
