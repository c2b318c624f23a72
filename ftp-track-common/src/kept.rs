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
    length: u16,
    /// One of them came again, and was not the same: none is read, and none is added.
    contested: u16,
}

/// Bytes of a segment that are kept already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overlap {
    /// Bytes at the start of the payload that lie in front of what is kept.
    pub skip: u32,
    /// Where the others are in [`KeptBytes`]; less than [`ROOM`].
    pub offset: u32,
    /// How many they are, from 1 to [`ROOM`].
    pub length: u32,
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
    /// far ahead, too long, or neither the first nor one that continues what is kept.
    #[inline(always)]
    pub const fn place(&self, next: u32, sequence: u32, length: u32) -> Option<Place> {
        if self.contested != 0 {
            return None;
        }
        let (skip, offset) = if self.length == 0 {
            let ahead = sequence.wrapping_sub(next);
            if ahead == 0 || ahead > GAP {
                return None;
            }
            (0, 0)
        } else {
            (self.end().wrapping_sub(sequence), self.length as u32)
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

    /// Which bytes of a segment are kept already.
    #[inline(always)]
    pub const fn overlap(&self, sequence: u32, length: u32) -> Option<Overlap> {
        let ahead = distance(self.at, sequence);
        let (skip, offset) = if ahead < 0 {
            (ahead.unsigned_abs(), 0)
        } else {
            (0, ahead as u32)
        };
        let kept = self.length as u32;
        if skip >= length || offset >= kept {
            return None;
        }
        let (own, theirs) = (length - skip, kept - offset);
        Some(Overlap {
            skip,
            offset,
            length: if own < theirs { own } else { theirs },
        })
    }

    /// The bytes are in their place; it is none any more if the stream went on meanwhile.
    #[inline(always)]
    pub fn add(&mut self, sequence: u32, place: &Place) {
        if place.offset != self.length as u32 {
            return;
        }
        if self.length == 0 {
            self.at = sequence;
        }
        self.length += place.length as u16;
    }

    /// Bytes that are kept came again, and were not the same. Which of them the receiver reads is its
    /// own affair, so that none is read here.
    #[inline(always)]
    pub fn contest(&mut self) {
        self.contested = 1;
    }

    /// Whether that happened to what is kept.
    #[inline(always)]
    pub const fn is_contested(&self) -> bool {
        self.contested != 0
    }

    /// How far a stream goes that has come to `next`: behind what is contested, if that has begun.
    #[inline(always)]
    pub const fn contested_to(&self, next: u32) -> Option<u32> {
        if self.contested == 0 || distance(self.at, next) <= 0 {
            return None;
        }
        let kept = self.end();
        Some(if distance(next, kept) > 0 { kept } else { next })
    }

    /// Takes what is kept, if it is next, or covers what is.
    #[inline(always)]
    pub fn take(&mut self, next: u32) -> Option<Stretch> {
        let offset = next.wrapping_sub(self.at);
        if offset >= self.length as u32 || self.contested != 0 {
            return None;
        }
        let stretch = Stretch {
            offset,
            length: self.length as u32 - offset,
            end: self.end(),
        };
        self.clear();
        Some(stretch)
    }

    /// The stream has come to `next`: what lies in front of it is kept no longer.
    #[inline(always)]
    pub fn pass(&mut self, next: u32) {
        if distance(next, self.end()) <= 0 {
            self.clear();
        }
    }

    /// Nothing is kept any more.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.length = 0;
        self.contested = 0;
    }

    /// Whether anything is kept.
    #[inline(always)]
    pub const fn is_some(&self) -> bool {
        self.length != 0
    }

    /// The sequence number behind the last, host byte order.
    #[inline(always)]
    pub const fn end(&self) -> u32 {
        self.at.wrapping_add(self.length as u32)
    }
}
