//! A PORT or EPRT that the server has not answered yet.
//!
//! Some servers (pyftpdlib) connect first and answer when the connection stands. Their SYN would
//! wait for the reply, and the reply for the SYN. So a SYN that comes before the reply is refused
//! like any other that is not expected, but remembered; if the server repeats it for [`PATIENCE`]
//! and still has not refused the command, its deed counts for its word.

use bytemuck::{Pod, Zeroable};

use crate::reason::Reason;

/// How long a server must go on trying, in nanoseconds: SYNs are repeated after one second and
/// after three (RFC 6298, 2.1 and 5.5).
pub const PATIENCE: u64 = 2_000_000_000;

/// The last PORT or EPRT that waits for its answer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Invitation {
    /// When the first SYN came; 0 while none has. Monotonic clock, nanoseconds.
    since: u64,
    /// Its initial sequence number.
    first: u32,
    /// The announced port, host byte order; 0 when there is no invitation.
    port: u16,
    reserved: u16,
}

impl Invitation {
    /// The client invites the server to `port`. Gives the port of the invitation it replaces, or 0.
    #[inline(always)]
    pub fn send(&mut self, port: u16) -> u16 {
        let before = self.withdraw();
        self.port = port;
        before
    }

    /// Ends the invitation. Gives its port, or 0 when there was none.
    #[inline(always)]
    pub fn withdraw(&mut self) -> u16 {
        let port = self.port;
        self.port = 0;
        self.since = 0;
        port
    }

    /// Whether `port` is the one.
    #[inline(always)]
    pub const fn is_to(&self, port: u16) -> bool {
        self.port != 0 && self.port == port
    }

    /// The server sends a SYN with initial sequence number `first`: accepted once it has been
    /// repeated for `patience` nanoseconds.
    #[inline(always)]
    pub fn knock(&mut self, first: u32, patience: u64, now: u64) -> Result<(), Reason> {
        if self.since == 0 || self.first != first {
            self.since = now.max(1);
            self.first = first;
        }
        if now.saturating_sub(self.since) < patience {
            return Err(Reason::BeforeAnswer);
        }
        Ok(())
    }
}
