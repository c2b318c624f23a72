//! A data connection that was admitted.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    expectation::Expectation,
    policy::Binding,
    segment::{ACK, FIN, RST, SYN, Segment},
    tuple::SessionKey,
};

/// How long a flow that ended still admits its last segments, in nanoseconds.
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
}

/// Value of the flow map.
///
/// There is no lock. `packets` and `bytes` are added to atomically; every other field that changes
/// is a single aligned word that is only ever set, and means the same whoever sets it last.
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
    /// The quarter of a second, of those since the clock began, in which its session was told last that
    /// it lives; see [`Flow::tells`].
    pub told: u32,
    /// Not zero where the policy no longer permits it, and an administrator wanted it to end.
    pub revoked: u32,
    /// The initiator is the lower end of the key.
    pub initiator_is_low: u8,
    /// The handshake is complete.
    pub established: u8,
    /// FIN from the initiator and from the responder.
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
    pub early: u32,
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
        self.early = segment.length;
        self.revoked = 0;
        self.kind = expectation.kind;
        self.initiator_is_low = initiator_is_low as u8;
        self.established = 0;
        self.finished = [0; 2];
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
        let quarter = (now >> 28) as u32;
        let tells = self.told != quarter;
        self.told = quarter;
        tells
    }

    /// Whether a plain segment that comes now changes nothing but its counters and when the last one came.
    #[inline(always)]
    pub const fn goes_on(&self, now: u64) -> bool {
        let is_told = self.told == (now >> 28) as u32;
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

    /// Admits nothing of it any more. It stays in its map, so that its packets are known.
    pub const fn revoke(&mut self) {
        self.revoked = 1;
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
    #[inline(always)]
    pub fn receive(&mut self, side: Side, segment: &Segment, now: u64) -> Change {
        self.seen = now;
        if self.ended != 0 {
            return Change::Over;
        }
        if segment.has(RST) {
            return self.reset(side, segment, now);
        }
        if segment.has(SYN) {
            if matches!(side, Side::Responder) && segment.has(ACK) && self.is_answered_by(segment) {
                self.answered = 1;
            }
            return Change::Nothing;
        }
        if segment.has(FIN) {
            match side {
                Side::Initiator => self.finished[0] = 1,
                Side::Responder => self.finished[1] = 1,
            }
            if self.finished[0] != 0 && self.finished[1] != 0 {
                self.ended = now;
                return Change::Finished;
            }
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

    /// Whether a segment acknowledges the SYN, and perhaps what came with it.
    #[inline(always)]
    const fn is_answered_by(&self, segment: &Segment) -> bool {
        let beyond = segment.acknowledgment.wrapping_sub(self.first);
        beyond.wrapping_sub(1) <= self.early
    }

    #[inline(always)]
    fn reset(&mut self, side: Side, segment: &Segment, now: u64) -> Change {
        if self.established != 0 || self.answered != 0 {
            self.ended = now;
            return Change::Reset;
        }
        let refuses =
            segment.has(ACK) && self.is_answered_by(segment) && matches!(side, Side::Responder);
        if refuses {
            self.ended = now;
            return Change::Refused;
        }
        Change::Nothing
    }
}
