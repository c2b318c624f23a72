//! Payloads beyond a gap of which the packets may not be held back: see [`ftp_track_common::kept`].

use ftp_track_common::{
    kept::{KeptBytes, KeptKey, LONGEST, Place, ROOM},
    layout::SessionEntry,
    reason::Reason,
    tuple::Direction,
};

use crate::{
    copy::copy,
    frame::Frame,
    lock::Locked,
    map::KEPT,
    opaque::{bounded, opaque},
    packet::Packet,
    reading::Reading,
    scratch::{self, CHUNK, Chunk},
};

/// Keeps the payload of a segment that passes beyond a gap, if there is a place for it. Gives the
/// number of the [`Reason`] to count.
#[inline(never)]
pub fn keep<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    entry: *mut SessionEntry,
) -> u64 {
    let segment = &packet.segment;
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let place = session.place_beyond(direction, segment);
    drop(session);
    let Some(place) = place else {
        return Reason::GapPassed as u64;
    };
    let stored = store(frame, packet, id, direction, &place);
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    if session.id == id {
        session.keep(direction, segment.sequence, &place, stored);
    }
    drop(session);
    if stored {
        Reason::Kept as u64
    } else {
        Reason::GapPassed as u64
    }
}

#[inline(always)]
fn store<F: Frame>(
    frame: F,
    packet: &Packet,
    session: u64,
    direction: Direction,
    place: &Place,
) -> bool {
    let (Some(key), Some(new)) = (scratch::kept_key(), scratch::kept()) else {
        return false;
    };
    *key = KeptKey::new(session, direction);
    if KEPT.get_ptr_mut(&*key).is_none() {
        // Of what lies there by chance nothing is read.
        let _: Result<(), i32> = KEPT.insert(&*key, new.as_value(), 0);
    }
    let Some(value) = KEPT.get_ptr_mut(&*key) else {
        return false;
    };
    let offset = core::hint::black_box(place.offset) & (LONGEST - 1);
    let length = bounded::<LONGEST>(place.length);
    // SAFETY: the value is a live map value, and this CPU holds the claim on its direction. Offset
    // and length are at most half of its size each.
    unsafe {
        let to = (&raw mut (*value).bytes).cast::<u8>().add(offset as usize);
        frame.load(packet.payload + place.skip, to, length)
    }
}

/// All of `reading` was parsed: goes on with what was kept, if that is next. Gives 0 if it is not.
#[inline(never)]
pub fn resume<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) -> u64 {
    let more = take::<F, COMMANDS>(reading);
    opaque(more as u64, reading.frame.noise())
}

/// Takes what was kept and is next, as what is left of `reading`.
#[inline(always)]
fn take<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) -> bool {
    let direction = if COMMANDS {
        Direction::FromClient
    } else {
        Direction::FromServer
    };
    let entry = reading.entry;
    // SAFETY: the entry is a live map value, of which this is one word. It is set by whoever holds
    // the claim, as this CPU does now; at worst it is gone under the lock.
    let any = unsafe { (*entry).session.sequences[direction as usize].has_kept() };
    if !any {
        return false;
    }
    let (Some(key), Some(kept)) = (scratch::kept_key(), scratch::kept()) else {
        return false;
    };
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let stretch = session.resume(direction, reading.end);
    drop(session);
    let Some(stretch) = stretch else {
        return false;
    };
    *key = KeptKey::new(id, direction);
    let Some(value) = KEPT.get_ptr_mut(&*key) else {
        return false;
    };
    // SAFETY: the value is a live map value, which only this CPU uses by its claim.
    unsafe { copy(value.cast_const(), &raw mut kept.value) };
    let _: Result<(), i32> = KEPT.remove(&*key);
    // Or the verifier would look at all that follows once for each of both.
    reading.kept = opaque(1, id) as u16;
    reading.offset = stretch.offset;
    reading.remaining = stretch.length;
    reading.end = stretch.end;
    true
}

/// Kept bytes that are read. They have room for a whole chunk behind their end.
#[repr(C)]
pub struct KeptChunk {
    value: KeptBytes,
    beyond: [u8; CHUNK],
}

impl KeptChunk {
    /// As the map has it.
    #[inline(always)]
    fn as_value(&self) -> &KeptBytes {
        &self.value
    }

    /// Copies a chunk from `offset`; how much of it counts is the caller's.
    #[inline(always)]
    pub fn load(&self, offset: u32, chunk: &mut Chunk) {
        let offset = core::hint::black_box(offset) as usize & (ROOM - 1);
        for i in 0..CHUNK {
            // SAFETY: `offset` lies within the bytes, and a chunk's length is behind them.
            chunk.bytes[i] = unsafe { *(&raw const self.value).cast::<u8>().add(offset + i) };
        }
    }
}
