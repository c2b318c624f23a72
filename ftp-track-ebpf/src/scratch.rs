//! Working memory for what does not fit on the stack of 512 bytes.

use ftp_track_common::{
    address::Address,
    attempt::{Attempt, Attempts, HostPair},
    client::{Client, ClientKey},
    command::Command,
    expectation::Expectation,
    flow::Flow,
    handshake::Handshake,
    history::{History, Note},
    kept::{KeptBytes, KeptKey},
    layout::{ClientEntry, SessionEntry},
    outcome::Outcome,
    policy::Binding,
    reply::Reply,
    session::Session,
    telnet,
    tuple::{ExpectationKey, SessionKey, Tuple},
};

use crate::{kept::KeptChunk, map::SCRATCH, packet::Packet};

/// Bytes of payload that are loaded at a time, a power of two: most lines are shorter.
pub const CHUNK: usize = 128;
/// Bytes that are summed at a time: the most that `bpf_csum_diff` takes before Linux 6.13.
pub const BLOCK: usize = 512;

/// Payload on its way into a parser.
#[repr(C, align(8))]
pub struct Chunk {
    /// The bytes.
    pub bytes: [u8; CHUNK],
    /// How many of them are payload.
    pub length: u32,
    /// How many of those were parsed.
    pub parsed: u32,
}

impl Chunk {
    /// Where the first line end or `IAC` stands from `at` on, at most at the length.
    #[inline(always)]
    pub fn next_mark(&self, at: u32) -> u32 {
        let words = (&raw const self.bytes).cast::<u64>();
        let mut skip = at & 7;
        for (place, _) in (at >> 3..).zip(0..CHUNK / 8) {
            if place * 8 >= self.length {
                break;
            }
            // SAFETY: the bytes are aligned, and the place is that of a word among them.
            let word = unsafe { *words.add(place as usize & (CHUNK / 8 - 1)) };
            let first = telnet::first_mark(u64::from_le(word), skip);
            if first < 8 {
                return (place * 8 + first).min(self.length);
            }
            skip = 0;
        }
        self.length
    }
}

/// A new session, laid out like [`SessionEntry`]. A per-CPU map may not hold the kernel's lock type.
#[repr(C)]
pub struct NewEntry {
    lock: u64,
    /// The session.
    pub session: Session,
}

impl NewEntry {
    /// Makes the session all zero. Word by word and volatile, because the compiler would call
    /// `memset`, which goes byte by byte on this target.
    #[inline(always)]
    pub fn clear(&mut self) {
        let words = (&raw mut self.session).cast::<u64>();
        for i in 0..size_of::<Session>() / 8 {
            // SAFETY: the session is made of whole aligned words, and `i` counts them.
            unsafe { words.add(i).write_volatile(0) };
        }
    }

    /// The value for the session map.
    #[inline(always)]
    pub fn as_entry(&self) -> &SessionEntry {
        const {
            assert!(size_of::<NewEntry>() == size_of::<SessionEntry>());
            assert!(
                core::mem::offset_of!(NewEntry, session)
                    == core::mem::offset_of!(SessionEntry, session)
            );
        }
        // SAFETY: same size, same place of the session, and a lock is any four bytes.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

/// A client without anything, laid out like [`ClientEntry`]; nothing writes to it.
#[repr(C)]
pub struct NewClient {
    lock: u32,
    client: Client,
}

impl NewClient {
    /// The value for the client map.
    #[inline(always)]
    pub fn as_entry(&self) -> &ClientEntry {
        const {
            assert!(size_of::<NewClient>() == size_of::<ClientEntry>());
            assert!(
                core::mem::offset_of!(NewClient, client)
                    == core::mem::offset_of!(ClientEntry, client)
            );
        }
        // SAFETY: same size, same place of the client, and a lock is any four bytes.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

/// One CPU's working memory. A program is not interrupted by another one of ours on the same CPU:
/// XDP and TC run with bottom halves disabled.
#[repr(C)]
pub struct Scratch {
    packet: Packet,
    entry: NewEntry,
    place: ExpectationKey,
    expectation: Expectation,
    flow: Flow,
    block: [u8; BLOCK + 4],
    chunk: Chunk,
    command: Command,
    reply: Reply,
    outcome: Outcome,
    binding: Binding,
    note: Note,
    master: SessionKey,
    history: History,
    attempt: Attempt,
    pair: HostPair,
    attempts: Attempts,
    client: NewClient,
    client_key: ClientKey,
    tuple: Tuple,
    session_key: SessionKey,
    handshake: Handshake,
    third: Address,
    kept_key: KeptKey,
    kept: KeptChunk,
    again: KeptBytes,
}

macro_rules! field {
    ($(#[$doc:meta])* $name:ident: $kind:ty) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name() -> Option<&'static mut $kind> {
            let scratch = SCRATCH.get_ptr_mut(0)?;
            // SAFETY: the kernel gives a valid pointer to this CPU's value, which nothing else uses
            // until the program ends (see `Scratch`); each field has one user at a time.
            Some(unsafe { &mut (*scratch).$name })
        }
    };
}

field! {
    /// The packet that is looked at; read-only once it was read.
    packet: Packet
}
field! {
    /// A new session, before it enters its map.
    entry: NewEntry
}
field! {
    /// A client that has nothing yet.
    client: NewClient
}
field! {
    /// Key of the client that is counted.
    client_key: ClientKey
}
field! {
    /// A tuple for a report.
    tuple: Tuple
}
field! {
    /// Key of the session that a segment belongs to.
    session_key: SessionKey
}
field! {
    /// A new glimpse of a connection, before it enters its map.
    handshake: Handshake
}
field! {
    /// Key of the expectation that is looked for.
    place: ExpectationKey
}
field! {
    /// The third host of the expectation that is looked for, if it is with one.
    third: Address
}
field! {
    /// A new expectation, before it enters its map.
    expectation: Expectation
}
field! {
    /// A new flow, before it enters its map.
    flow: Flow
}
field! {
    /// A block for the checksum, with room for padding.
    block: [u8; BLOCK + 4]
}
field! {
    /// What the engine decided last, on its way to [`crate::effect`]. Not on the stack: see
    /// [`crate::opaque`].
    outcome: Outcome
}
field! {
    /// The command of the line that has just ended; not on the stack, see [`crate::opaque`].
    command: Command
}
field! {
    /// The reply of the line that has just ended; not on the stack, see [`crate::opaque`].
    reply: Reply
}
field! {
    /// A note, before it enters a history; its number is not set.
    note: Note
}
field! {
    /// Key of the history that is looked for.
    master: SessionKey
}
field! {
    /// A new history, before it enters its map; of its notes only the first is ever written.
    history: History
}
field! {
    /// A new connection, before it enters the attempts of its hosts; its number is not set.
    attempt: Attempt
}
field! {
    /// Key of the attempts that are looked for.
    pair: HostPair
}
field! {
    /// What the map gets for a new pair; never written.
    attempts: Attempts
}
field! {
    /// The rule that the packet's control connection is under, for reports.
    binding: Binding
}
field! {
    /// Key of what is kept beyond a gap.
    kept_key: KeptKey
}
field! {
    /// What was kept and is read now.
    kept: KeptChunk
}
field! {
    /// What came once more, from the start.
    again: KeptBytes
}
field! {
    /// A chunk for the parser.
    chunk: Chunk
}
