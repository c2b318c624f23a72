//! What came beyond a gap where nothing may be held back: it is kept until the gap is filled, and
//! then read as if it had come behind what fills it.
//!
//! The sequence knows which bytes are kept; the bytes themselves lie in a map of their own
//! ([`crate::layout::KEPT`]), which may forget.

use bytemuck::{Pod, Zeroable};

use crate::{sequence::distance, tuple::Direction};

/// The longest payload of a segment that is kept, in bytes.
pub const LONGEST: u32 = 512;
/// Room for what is kept of one direction, in bytes: less than [`LONGEST`], and one more segment.
pub const ROOM: usize = 2 * LONGEST as usize;
/// The widest gap beyond which something is kept, in bytes.
pub const GAP: u32 = 8192;

/// Key of the map of kept bytes. Numbers of sessions never come again, so what is kept of one is
/// never read as another's.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct KeptKey {
    /// [`crate::session::Session::id`].
    pub session: u64,
    /// A [`Direction`].
    pub direction: u64,
}

impl KeptKey {
    /// What is kept of `direction` in the session with this number.
    #[inline(always)]
    pub const fn new(session: u64, direction: Direction) -> Self {
        Self {
            session,
            direction: direction as u64,
        }
    }
}

/// Value of the map of kept bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct KeptBytes {
    /// In the order of the stream.
    pub bytes: [u8; ROOM],
}

/// Which bytes of a direction are kept. All zero: none.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Kept {
    /// Sequence number of the first, host byte order.
    at: u32,
    /// How many.
    length: u32,
}

/// Where bytes of a segment go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Bytes at the start of the payload that are kept already.
    pub skip: u32,
    /// Where the others go in [`KeptBytes`]; less than [`LONGEST`].
    pub offset: u32,
    /// How many they are, from 1 to [`LONGEST`].
    pub length: u32,
}

/// Kept bytes that are next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Where they begin in [`KeptBytes`].
    pub offset: u32,
    /// How many they are.
    pub length: u32,
    /// The sequence number behind them, host byte order.
    pub end: u32,
}

impl Kept {
    /// Where the payload of a segment beyond the gap at `next` goes. `None` when it is not kept: too
    /// far ahead, too long, or neither the first nor one that continues what is kept. Of bytes that
    /// come twice the first ones count.
    #[inline(always)]
    pub const fn place(&self, next: u32, sequence: u32, length: u32) -> Option<Place> {
        let (skip, offset) = if self.length == 0 {
            let ahead = sequence.wrapping_sub(next);
            if ahead == 0 || ahead > GAP {
                return None;
            }
            (0, 0)
        } else {
            (self.end().wrapping_sub(sequence), self.length)
        };
        // A segment that is ahead of what is kept would have to skip billions of bytes.
        if skip >= length || length - skip > LONGEST || offset >= LONGEST {
            return None;
        }
        Some(Place {
            skip,
            offset,
            length: length - skip,
        })
    }

    /// The bytes are in their place; it is none any more if the stream went on meanwhile.
    #[inline(always)]
    pub fn add(&mut self, sequence: u32, place: &Place) {
        if place.offset != self.length {
            return;
        }
        if self.length == 0 {
            self.at = sequence;
        }
        self.length += place.length;
    }

    /// Takes what is kept, if it is next, or covers what is.
    #[inline(always)]
    pub fn take(&mut self, next: u32) -> Option<Stretch> {
        let offset = next.wrapping_sub(self.at);
        if offset >= self.length {
            return None;
        }
        let stretch = Stretch {
            offset,
            length: self.length - offset,
            end: self.end(),
        };
        self.length = 0;
        Some(stretch)
    }

    /// The stream has come to `next`: what lies in front of it is kept no longer.
    #[inline(always)]
    pub fn pass(&mut self, next: u32) {
        if distance(next, self.end()) <= 0 {
            self.length = 0;
        }
    }

    /// Nothing is kept any more.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Whether anything is kept.
    #[inline(always)]
    pub const fn is_some(&self) -> bool {
        self.length != 0
    }

    #[inline(always)]
    const fn end(&self) -> u32 {
        self.at.wrapping_add(self.length)
    }
}
