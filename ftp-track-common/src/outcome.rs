//! What a line, or the end of a control connection, leads to outside of its session.

use bytemuck::{Pod, Zeroable};

use crate::reason::Reason;

/// An expectation by its announcement.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Announcement {
    /// The expectation's number in the session; 0 when there is none.
    pub id: u32,
    /// The announced port, host byte order.
    pub port: u16,
    /// A [`crate::request::RequestKind`]: PORT, EPRT, PASV or EPSV; 0 when there is none.
    pub kind: u8,
    /// A [`Reason`]: why it ended or was refused.
    pub reason: u8,
}

impl Announcement {
    /// The reason as such.
    #[inline(always)]
    pub const fn reason(&self) -> Reason {
        match Reason::from_number(self.reason) {
            Some(reason) => reason,
            None => Reason::None,
        }
    }
}

/// What is to be done outside of the session. An all-zero outcome is nothing.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Outcome {
    /// An expectation that ended (`id`) and has to leave the map.
    pub ended: Announcement,
    /// An expectation that was made (`id`) and has to enter the map.
    pub made: Announcement,
    /// A PORT, PASV, EPRT or EPSV that makes no expectation (`kind`).
    pub refused: Announcement,
    /// A [`Reason`] to count.
    pub counted: u8,
    /// The [`crate::request::RequestKind`] of the command that was sent or answered, or
    /// [`crate::history::GREETING`]; 0 when it is of no interest to [`crate::history`].
    pub subject: u8,
    /// The code of the reply, 0 for a command.
    pub code: u16,
    /// The port of a PORT or EPRT that now waits for its answer, 0 for none: see
    /// [`crate::invitation`].
    pub invited: u16,
    /// The port of one that no longer waits, 0 for none.
    pub withdrawn: u16,
}

impl Outcome {
    /// The same outcome, of which the kernel's verifier knows nothing any more, so that it checks
    /// what follows once and not once for each way here. `noise` is any number it does not know.
    #[inline(always)]
    #[must_use]
    pub fn forgotten(self, noise: u64) -> Self {
        let words: [u64; 4] = bytemuck::cast(self);
        bytemuck::cast(words.map(|word| core::hint::black_box(word ^ noise) ^ noise))
    }

    /// Nothing to do.
    #[inline(always)]
    pub const fn nothing() -> Self {
        const NONE: Announcement = Announcement {
            id: 0,
            port: 0,
            kind: 0,
            reason: 0,
        };
        Self {
            ended: NONE,
            made: NONE,
            refused: NONE,
            counted: 0,
            subject: 0,
            code: 0,
            invited: 0,
            withdrawn: 0,
        }
    }

    /// Whether there is anything to do.
    #[inline(always)]
    pub const fn is_anything(&self) -> bool {
        let announced = self.ended.id != 0 || self.made.id != 0 || self.refused.kind != 0;
        let noted = self.counted != 0 || self.subject != 0;
        announced || noted || self.invited != 0 || self.withdrawn != 0
    }

    /// Nothing to do but to count `reason`.
    #[inline(always)]
    pub const fn count(reason: Reason) -> Self {
        let mut outcome = Self::nothing();
        outcome.counted = reason as u8;
        outcome
    }
}
