//! What a control connection's lines led to: the last of them, for whoever asks why a data
//! connection was admitted or not.
//!
//! A history lies beside the session, so that the session stays small and outlives nothing: its
//! story can still be told when it is gone. Two CPUs may write notes of one session at once, without
//! a lock: each takes its number first, and so a slot of its own.

use bytemuck::{Pod, Zeroable};

/// Notes that are kept of one session.
pub const NOTES: usize = 16;

/// [`Note::subject`]: the server's greeting. Numbers below are those of
/// [`crate::request::RequestKind`].
pub const GREETING: u8 = 16;
/// [`Note::subject`]: the control connection is followed from its handshake on.
pub const OPENED: u8 = 17;
/// [`Note::subject`]: the control connection is followed from its middle on.
pub const PICKED_UP: u8 = 18;
/// [`Note::subject`]: the control connection ended.
pub const CLOSED: u8 = 19;
/// [`Note::subject`]: the server said that it is closing (421).
pub const CLOSING: u8 = 20;

/// What became of an expectation.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing, or nothing yet.
    Nothing = 0,
    /// It was made.
    Made = 1,
    /// It was not made.
    Refused = 2,
    /// It ended unused.
    Ended = 3,
}

impl Effect {
    /// From its number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Nothing,
            1 => Self::Made,
            2 => Self::Refused,
            3 => Self::Ended,
            _ => return None,
        })
    }
}

/// A command or reply that mattered, and what it did.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Note {
    /// When; monotonic clock, nanoseconds.
    pub time: u64,
    /// Its number in the session, from 1; 0 while it is being written.
    pub number: u32,
    /// The expectation's number in the session, or 0.
    pub expectation: u32,
    /// The announced port, host byte order, or 0.
    pub port: u16,
    /// The reply's code; 0 when this is not about a reply.
    pub code: u16,
    /// The command that was sent or answered, a [`crate::request::RequestKind`]; or one of the
    /// constants of this module; or 0 when it is about no such command.
    pub subject: u8,
    /// An [`Effect`].
    pub effect: u8,
    /// A [`crate::reason::Reason`], or 0.
    pub reason: u8,
    /// The [`crate::request::RequestKind`] by which the expectation was announced, or 0.
    pub kind: u8,
}

/// Value of the map of histories.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct History {
    /// [`crate::session::Session::id`].
    pub session: u64,
    /// Notes written so far.
    pub count: u64,
    /// The last of them; number `n` is at [`slot`]`(n)`.
    pub notes: [Note; NOTES],
}

/// Where the note with this number lies.
#[inline(always)]
pub const fn slot(number: u64) -> usize {
    (number.wrapping_sub(1) % NOTES as u64) as usize
}

impl History {
    /// Appends a note; gives it its number. For whoever has the history for himself.
    pub fn push(&mut self, note: &Note) {
        self.count += 1;
        let number = self.count as u32;
        self.notes[slot(self.count)] = Note { number, ..*note };
    }

    /// The notes that are kept, oldest first. One that is being written is left out.
    pub fn kept(&self) -> impl Iterator<Item = &Note> {
        let first = self.count.saturating_sub(NOTES as u64) + 1;
        (first..=self.count).filter_map(|number| {
            let note = &self.notes[slot(number)];
            (note.number == number as u32).then_some(note)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(port: u16) -> Note {
        Note {
            port,
            ..Note::default()
        }
    }

    #[test]
    fn the_last_are_kept_in_order() {
        let mut history = History::default();
        assert_eq!(history.kept().count(), 0);
        let last = NOTES as u16 + 5;
        for port in 1..=last {
            history.push(&note(port));
            let kept = history.kept().map(|note| note.port);
            assert!(kept.eq(port.saturating_sub(NOTES as u16) + 1..=port));
        }
        assert_eq!(history.count, u64::from(last));
    }

    #[test]
    fn one_that_is_being_written_is_left_out() {
        let mut history = History::default();
        for port in 1..=3 {
            history.push(&note(port));
        }
        history.notes[1].number = 0;
        assert!(history.kept().map(|note| note.port).eq([1, 3]));
        // Its number is taken, but nothing is written yet.
        history.count += 1;
        assert!(history.kept().map(|note| note.port).eq([1, 3]));
    }

    #[test]
    fn effects() {
        for number in 0..=u8::MAX {
            if let Some(effect) = Effect::from_number(number) {
                assert_eq!(effect as u8, number);
            }
        }
    }
}
