//! Payloads beyond a gap of which the packets may not be held back: see [`ftp_track_common::kept`].

use aya_ebpf::{cty::c_void, helpers::generated};
use ftp_track_common::{
    kept::{KeptBytes, KeptKey, LONGEST, Overlap, Place, ROOM},
    layout::SessionEntry,
    reason::Reason,
    tuple::Direction,
};

use crate::{
    copy::copy,
    counter::count,
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
    let (overlap, place) = session.beyond(direction, segment);
    drop(session);
    let (reason, place) = match (overlap, place) {
        (None, None) => return Reason::GapPassed as u64,
        (Some(overlap), _) if !is_same(frame, packet, id, direction, &overlap) => {
            (Reason::Ambiguous, None)
        }
        (_, None) => (Reason::Retransmission, None),
        (_, Some(place)) if store(frame, packet, id, direction, &place) => {
            (Reason::Kept, Some(place))
        }
        _ => (Reason::GapPassed, None),
    };
    let same = reason as u8 != Reason::Ambiguous as u8;
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    if session.id == id {
        session.keep(direction, segment.sequence, place.as_ref(), same);
    }
    drop(session);
    reason as u64
}

/// What is left to read of a payload of `length` bytes that is next, and whose direction is claimed:
/// nothing if it says something else than what is kept of it.
#[inline(always)]
pub fn uncontested<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    entry: *mut SessionEntry,
    length: u32,
) -> u32 {
    // SAFETY: the entry is a live map value, of which this is one word. It is set by whoever holds
    // the claim, as this CPU does now.
    let any = unsafe { (*entry).session.sequences[direction as usize].has_kept() };
    let mut same = 1;
    if any {
        same = compare(frame, packet, direction, entry);
    }
    length * opaque(same, packet.time) as u32
}

/// Contests what is kept if the payload is not the same. Gives 1 if it is.
#[inline(never)]
fn compare<F: Frame>(
    frame: F,
    packet: &Packet,
    direction: Direction,
    entry: *mut SessionEntry,
) -> u64 {
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let (overlap, contested) = session.overlap(direction, &packet.segment);
    drop(session);
    let Some(overlap) = overlap else {
        return 1;
    };
    if !contested {
        if is_same(frame, packet, id, direction, &overlap) {
            return 1;
        }
        // SAFETY: the entry is a live map value, and no other lock is held.
        let mut session = unsafe { Locked::new(entry) };
        if session.id == id {
            session.contest(direction);
        }
        drop(session);
    }
    count(Reason::Ambiguous);
    0
}

/// Whether bytes that came again are those that are kept.
#[inline(always)]
fn is_same<F: Frame>(
    frame: F,
    packet: &Packet,
    session: u64,
    direction: Direction,
    overlap: &Overlap,
) -> bool {
    let Some(again) = scratch::again() else {
        return false;
    };
    if ftp_track_recall(session, direction as u64) == 0 {
        // Forgotten: nothing is read of it.
        return true;
    }
    let length = bounded::<{ ROOM as u32 }>(overlap.length);
    let to = (&raw mut again.bytes).cast::<u8>();
    // SAFETY: the length is at most that of the bytes.
    if !unsafe { frame.load(packet.payload + overlap.skip, to, length) } {
        return false;
    }
    ftp_track_compare_kept(overlap.offset, length) == 0
}

/// The bits that differ between what is kept from `offset` on and what came again; a global
/// function, which the verifier looks at once.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn ftp_track_compare_kept(offset: u32, length: u32) -> u64 {
    let mut comparison = Comparison {
        offset,
        differences: 0,
    };
    // SAFETY: `compare_byte` takes what `bpf_loop` gives it: the index and this context.
    unsafe {
        generated::bpf_loop(
            length,
            compare_byte as *mut c_void,
            (&raw mut comparison).cast(),
            0,
        );
    }
    comparison.differences as u64
}

/// What came again against what is kept.
struct Comparison {
    /// Where it begins in what is kept.
    offset: u32,
    /// The bits that differ.
    differences: u32,
}

extern "C" fn compare_byte(index: u32, comparison: &mut Comparison) -> i64 {
    let (Some(kept), Some(again)) = (scratch::kept(), scratch::again()) else {
        comparison.differences = 1;
        return 1;
    };
    let at = (comparison.offset + index) as usize & (ROOM - 1);
    let difference = kept.value.bytes[at] ^ again.bytes[index as usize & (ROOM - 1)];
    comparison.differences |= difference as u32;
    0
}

/// Brings what is kept to [`scratch::kept`]. Gives 0 if it was forgotten. A global function, too.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn ftp_track_recall(session: u64, direction: u64) -> u64 {
    let (Some(key), Some(kept)) = (scratch::kept_key(), scratch::kept()) else {
        return 0;
    };
    *key = KeptKey { session, direction };
    let Some(value) = KEPT.get_ptr_mut(&*key) else {
        return 0;
    };
    // SAFETY: the value is a live map value.
    unsafe { copy(value.cast_const(), &raw mut kept.value) };
    // What the map forgets has another user at once. It is written only by its insertion, by who
    // holds the claim on its direction: what is still in its place was there all the time.
    let still = KEPT.get_ptr_mut(&*key) == Some(value);
    still as u64
}

#[inline(always)]
fn store<F: Frame>(
    frame: F,
    packet: &Packet,
    session: u64,
    direction: Direction,
    place: &Place,
) -> bool {
    // Of the first nothing lies in front; of what lies behind it by chance nothing is read.
    if place.offset != 0 && ftp_track_recall(session, direction as u64) == 0 {
        return false;
    }
    let (Some(key), Some(kept)) = (scratch::kept_key(), scratch::kept()) else {
        return false;
    };
    *key = KeptKey::new(session, direction);
    let offset = core::hint::black_box(place.offset) & (LONGEST - 1);
    let length = bounded::<LONGEST>(place.length);
    // SAFETY: offset and length are at most half of the room each.
    let loaded = unsafe {
        let to = (&raw mut kept.value.bytes)
            .cast::<u8>()
            .add(offset as usize);
        frame.load(packet.payload + place.skip, to, length)
    };
    loaded && KEPT.insert(&*key, kept.as_value(), 0).is_ok()
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
    // SAFETY: the entry is a live map value, and no other lock is held.
    let mut session = unsafe { Locked::new(entry) };
    let id = session.id;
    let stretch = session.resume(direction, reading.end);
    drop(session);
    let Some(stretch) = stretch else {
        return false;
    };
    if ftp_track_recall(id, direction as u64) == 0 {
        return false;
    }
    if let Some(key) = scratch::kept_key() {
        let _: Result<(), i32> = KEPT.remove(&*key);
    }
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
