//! A data connection that was admitted.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    expectation::Expectation,
    policy::Binding,
    segment::{ACK, FIN, RST, SYN, Segment},
    sequence::{LARGEST_WINDOW, distance},
    tuple::SessionKey,
};

/// How long a flow that ended still admits its last segments, in nanoseconds; each of them renews it.
pub const LINGER: u64 = 10_000_000_000;
/// How long a flow may take to be established, in nanoseconds: the SYN and its retransmissions.
pub const OPENING: u64 = 60_000_000_000;
/// How long a revoked flow is remembered after its last packet, in nanoseconds, at least: longer than
/// TCP goes on sending what nobody acknowledges (Linux: tcp_retries2, about a quarter of an hour).
pub const REVOKED: u64 = 3_600_000_000_000;

/// The side of a data connection.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The one that sent the SYN.
    Initiator = 0,
    /// The one that listened.
    Responder = 1,
}

/// What a segment did to its flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing a person cares about.
    Nothing,
    /// The handshake is complete.
    Established,
    /// FIN from both sides.
    Finished,
    /// RST after it was established.
    Reset,
    /// The responder refused the connection: the expectation may be used again.
    Refused,
    /// The flow had ended before.
    Over,
    /// It goes on: what had ended it was forged.
    Revived,
}

/// Value of the flow map.
///
/// There is no lock. `packets` and `bytes` are added to atomically; every other field that changes
/// is a single aligned word that means the same whoever sets it last; only one side's segments write
/// how it ended.
///
/// What most packets need is in its [`crate::seat::Seat`], if it has one. With 160 bytes that element is one of 256, list node and all
/// (`bpf_mem_alloc_init`, kernel/bpf/memalloc.c); with more it would be one of 512.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Flow {
    /// When the last packet came that was not counted in a seat; monotonic clock, nanoseconds.
    pub seen: u64,
    /// When it ended; 0 while it lives.
    pub ended: u64,
    /// Where the FIN of the initiator and of the responder stands: its sequence number, behind the last
    /// byte. Host byte order; without meaning while there is none.
    pub finished_at: [u32; 2],
    /// The initiator is the lower end of the key.
    pub initiator_is_low: u8,
    /// The handshake is complete.
    pub established: u8,
    /// How the initiator and the responder ended: [`FIN`] or [`RST`], 0 while they have not.
    pub finished: [u8; 2],
    /// The number of the expectation that it used.
    pub expectation: u32,
    /// Packets from the initiator and from the responder that were not counted in a seat.
    pub packets: [u64; 2],
    /// Bytes of IP from the initiator and from the responder that were not counted in a seat.
    pub bytes: [u64; 2],
    /// How long it may be silent, nanoseconds: what the rule says.
    pub idle: u64,
    /// [`crate::session::Session::id`] of the master.
    pub session: u64,
    /// When the SYN was admitted; monotonic clock, nanoseconds.
    pub created: u64,
    /// The control connection.
    pub master: SessionKey,
    /// The initiator's initial sequence number.
    pub first: u32,
    /// The rule that admitted it.
    pub binding: Binding,
    /// Bytes that came with the SYN (RFC 7413): the answer may acknowledge them.
    pub early: u16,
    /// When its session was told last that it lives; see [`Flow::tells`]. 0 when it never was.
    pub told: u8,
    /// Not zero where the policy no longer permits it, and an administrator wanted it to end.
    pub revoked: u8,
    /// A [`crate::request::RequestKind`]: PORT, EPRT, PASV or EPSV.
    pub kind: u8,
    /// The responder answered with SYN-ACK.
    pub answered: u8,
    /// Port after translation, host byte order; 0 when there is none.
    pub translated_port: u16,
    /// Address after translation; zero when there is none.
    pub translated: Address,
}

const _: () = assert!(size_of::<Flow>() == 160);

impl Flow {
    /// The flow that a SYN opens by using `expectation`, whose number is `id`. `idle` and `binding`
    /// are the caller's business.
    #[inline(always)]
    pub fn open(
        &mut self,
        expectation: &Expectation,
        id: u32,
        initiator_is_low: bool,
        segment: &Segment,
        now: u64,
    ) {
        self.master = expectation.master;
        self.session = expectation.session;
        self.created = now;
        self.seen = now;
        self.ended = 0;
        self.told = 0;
        self.packets = [0; 2];
        self.bytes = [0; 2];
        self.expectation = id;
        self.first = segment.sequence;
        self.early = if segment.length > u16::MAX as u32 {
            u16::MAX
        } else {
            segment.length as u16
        };
        self.revoked = 0;
        self.kind = expectation.kind;
        self.initiator_is_low = initiator_is_low as u8;
        self.established = 0;
        self.finished = [0; 2];
        self.finished_at = [0; 2];
        self.answered = 0;
        self.translated_port = expectation.translated_port;
        self.translated = expectation.translated;
    }

    /// The side that sent a packet.
    #[inline(always)]
    pub const fn side(&self, source_is_low: bool) -> Side {
        if source_is_low == (self.initiator_is_low != 0) {
            Side::Initiator
        } else {
            Side::Responder
        }
    }

    /// Whether it is over for the map.
    #[inline(always)]
    pub const fn is_expired(&self, now: u64) -> bool {
        if self.ended != 0 {
            now.saturating_sub(self.ended) > LINGER
        } else if self.established == 0 {
            now.saturating_sub(self.seen) > OPENING
        } else {
            now.saturating_sub(self.seen) > self.idle
        }
    }

    /// Whether its session should be told now that it lives: about four times a second, while packets
    /// come that need a closer look.
    #[inline(always)]
    pub const fn tells(&mut self, now: u64) -> bool {
        let quarter = Self::quarter(now);
        let tells = self.told != quarter;
        self.told = quarter;
        tells
    }

    /// A quarter of a second, of those of the last half minute; never 0.
    #[inline(always)]
    const fn quarter(now: u64) -> u8 {
        (now >> 28) as u8 | 0x80
    }

    /// Whether a plain segment that comes now changes nothing but its counters and when the last one came.
    #[inline(always)]
    pub const fn goes_on(&self, now: u64) -> bool {
        let is_told = self.told == Self::quarter(now);
        is_told && self.is_steady() && !self.is_expired(now)
    }

    /// Whether plain segments change nothing for it but its counters.
    #[inline(always)]
    pub const fn is_steady(&self) -> bool {
        self.established != 0 && self.ended == 0 && !self.is_revoked()
    }

    /// Takes over when the last packet came that its seat has seen.
    #[inline(always)]
    pub const fn note_seen(&mut self, seen: u64) {
        if seen > self.seen {
            self.seen = seen;
        }
    }

    /// Admits nothing of it any more, not even if it has ended: that may have been forged. It stays in
    /// its map, so that its packets are known.
    pub const fn revoke(&mut self) {
        self.revoked = 1;
        self.ended = 0;
        if self.idle < REVOKED {
            self.idle = REVOKED;
        }
    }

    /// Whether nothing of it is admitted any more.
    #[inline(always)]
    pub const fn is_revoked(&self) -> bool {
        self.revoked != 0
    }

    /// Whether a new SYN on the same addresses and ports belongs to it: a retransmission of the
    /// first one.
    #[inline(always)]
    pub const fn owns_syn(&self, side: Side, segment: &Segment) -> bool {
        let lives = self.ended == 0 && !self.is_revoked();
        matches!(side, Side::Initiator) && lives && segment.sequence == self.first
    }

    /// Takes a segment's header; counters are the caller's business.
    ///
    /// There are no windows here by which to judge a RST or a FIN. A forged one ends the flow for
    /// as long as its sender is silent: what he sends next shows that he has not ended.
    #[inline(always)]
    pub fn receive(&mut self, side: Side, segment: &Segment, now: u64) -> Change {
        self.seen = now;
        let ended = self.ended != 0;
        if ended && (self.is_expired(now) || self.answered == 0) {
            return Change::Over;
        }
        if segment.has(RST) {
            if self.established == 0 && self.answered == 0 {
                return self.refuse(side, segment, now);
            }
            self.finish(side, RST, 0);
        } else if !segment.has(SYN) {
            let end = segment.sequence.wrapping_add(segment.length);
            if segment.has(FIN) {
                self.finish(side, FIN, end);
            } else if self.goes_beyond(side, end, segment.length) {
                self.finish(side, 0, end);
            }
        }
        let reset = (self.finished[0] | self.finished[1]) & RST != 0;
        if reset || (self.finished[0] != 0 && self.finished[1] != 0) {
            self.ended = now;
            return match (ended, reset) {
                (true, _) => Change::Over,
                (false, true) => Change::Reset,
                (false, false) => Change::Finished,
            };
        }
        if ended {
            self.ended = 0;
            return Change::Revived;
        }
        if segment.has(SYN) {
            if matches!(side, Side::Responder) && segment.has(ACK) && self.is_answered_by(segment) {
                self.answered = 1;
            }
            return Change::Nothing;
        }
        if self.established == 0
            && self.answered != 0
            && matches!(side, Side::Initiator)
            && segment.has(ACK)
        {
            self.established = 1;
            return Change::Established;
        }
        Change::Nothing
    }

    /// The side has ended `how`: with a FIN at `at`, with a RST, or not at all.
    #[inline(always)]
    const fn finish(&mut self, side: Side, how: u8, at: u32) {
        match side {
            Side::Initiator => {
                self.finished_at[0] = at;
                self.finished[0] = how;
            }
            Side::Responder => {
                self.finished_at[1] = at;
                self.finished[1] = how;
            }
        }
    }

    /// Whether a segment that ends at `end`, and ends nothing itself, shows that its sender has not
    /// ended: nothing comes behind a RST. What comes behind a FIN has no payload, and what comes
    /// again lies no further in front of it than a window.
    #[inline(always)]
    const fn goes_beyond(&self, side: Side, end: u32, length: u32) -> bool {
        let (how, at) = match side {
            Side::Initiator => (self.finished[0], self.finished_at[0]),
            Side::Responder => (self.finished[1], self.finished_at[1]),
        };
        let ahead = distance(at, end);
        how == RST || (how == FIN && length != 0 && (ahead > 0 || ahead < -LARGEST_WINDOW))
    }

    /// Whether a segment acknowledges the SYN, and perhaps what came with it.
    #[inline(always)]
    const fn is_answered_by(&self, segment: &Segment) -> bool {
        let beyond = segment.acknowledgment.wrapping_sub(self.first);
        beyond.wrapping_sub(1) <= self.early as u32
    }

    /// Acts on a RST that comes before an answer.
    #[inline(always)]
    fn refuse(&mut self, side: Side, segment: &Segment, now: u64) -> Change {
        let refuses =
            segment.has(ACK) && self.is_answered_by(segment) && matches!(side, Side::Responder);
        if refuses {
            self.ended = now;
            return Change::Refused;
        }
        Change::Nothing
    }
}
