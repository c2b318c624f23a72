//! One direction of a control connection as TCP sees it: each byte once and in order.

use bytemuck::{Pod, Zeroable};

use crate::kept::{Kept, Overlap, Place, Stretch};

/// Longest time a gap may hold later segments back, in nanoseconds.
pub const HOLD_TIME: u64 = 8_000_000_000;
/// How many segments one gap may hold back.
pub const HOLD_COUNT: u16 = 128;
/// The largest window scale (RFC 7323, 2.3), assumed where the handshake was not seen.
const LARGEST_SCALE: u8 = 14;

/// The largest window (RFC 7323, 2.3), in bytes.
pub const LARGEST_WINDOW: i32 = (u16::MAX as i32) << LARGEST_SCALE;

/// Where a segment's payload stands in its stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// Nothing new: no payload, or a retransmission of what was parsed before.
    Old,
    /// The payload from byte `skip` on is next.
    Next {
        /// Bytes at the start of the payload that were parsed before.
        skip: u32,
    },
    /// Bytes before it are missing: TCP must send it again, in order.
    Hold,
    /// Bytes before it are missing, and it was held back long enough.
    Late,
    /// The receiver would not accept it: outside its window.
    Outside,
}

/// Sequence state of one sender. Sequence numbers are in host byte order and compared modulo 2^32
/// (RFC 9293, 3.4).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Sequence {
    /// When the open gap held its first segment back; nanoseconds, 0 when there is no gap.
    held_since: u64,
    /// The next byte to parse.
    pub next: u32,
    /// The end of the highest segment that was seen.
    end: u32,
    /// The right edge of the receiver's window.
    limit: u32,
    /// The highest acknowledgment of the receiver.
    acknowledged: u32,
    /// Where the FIN stands, if `fin` is set.
    fin_at: u32,
    /// The interface the segments come in by; 0 while it is not known.
    pub interface: u32,
    /// Segments held back in the open gap.
    held: u16,
    /// Scale of the windows that this sender announces.
    scale: u8,
    /// A FIN was seen.
    fin: u8,
    /// What the receiver has acknowledged of bytes that had not come by; no further than `next`
    /// when there are none.
    claimed: u32,
    /// What is kept beyond the gap.
    kept: Kept,
}

/// How far `to` lies behind `from`, modulo 2^32; negative in front of it.
#[inline(always)]
pub(crate) const fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

impl Sequence {
    /// The stream of a sender whose SYN was seen; `first` is its initial sequence number plus one.
    #[inline(always)]
    pub fn open(&mut self, first: u32, scale: u8, interface: u32) {
        self.held_since = 0;
        self.next = first;
        self.end = first;
        self.limit = first.wrapping_add(u16::MAX as u32);
        self.acknowledged = first;
        self.claimed = first;
        self.fin_at = 0;
        self.interface = interface;
        self.held = 0;
        self.scale = if scale > LARGEST_SCALE {
            LARGEST_SCALE
        } else {
            scale
        };
        self.fin = 0;
        self.kept.clear();
    }

    /// The stream of a connection that is older than the tracker, from `first` on.
    #[inline(always)]
    pub fn pick_up(&mut self, first: u32, interface: u32) {
        self.open(first, LARGEST_SCALE, interface);
        self.limit = first.wrapping_add((u16::MAX as u32) << LARGEST_SCALE);
    }

    /// Finds the place of a segment and remembers how far the sender has come.
    #[inline(always)]
    pub fn place(&mut self, sequence: u32, length: u32, fin: bool, now: u64) -> Placement {
        let ahead = distance(self.next, sequence);
        if ahead > 0 && distance(sequence, self.limit) < 0 {
            return Placement::Outside;
        }
        let end = sequence.wrapping_add(length);
        // Into a window that the receiver has closed only a probe's byte is sent (RFC 9293, 3.8.6.1).
        let closed = self.limit == self.acknowledged && distance(self.limit, self.next) >= 0;
        if closed && distance(self.next, end) > 1 {
            return Placement::Outside;
        }
        if distance(self.end, end) > 0 {
            self.end = end;
        }
        // A FIN in front of what was parsed is forged: the receiver drops such a segment. What is next
        // it takes before what is ahead.
        if fin && (self.fin == 0 || ahead <= 0) && distance(self.next, end) >= 0 {
            self.fin = 1;
            self.fin_at = end;
        }
        if length == 0 || distance(self.next, end) <= 0 {
            return Placement::Old;
        }
        if ahead <= 0 {
            return Placement::Next {
                skip: ahead.unsigned_abs(),
            };
        }
        if self.held == 0 {
            self.held_since = now;
        }
        if self.held >= HOLD_COUNT || now.saturating_sub(self.held_since) > HOLD_TIME {
            return Placement::Late;
        }
        self.held += 1;
        Placement::Hold
    }

    /// The bytes up to `next` have been parsed.
    #[inline(always)]
    pub fn advance(&mut self, next: u32) {
        self.next = next;
        // There are no bytes behind a FIN: it was forged.
        if self.fin != 0 && distance(self.fin_at, next) > 0 {
            self.fin = 0;
        }
        self.held = 0;
        self.held_since = 0;
        self.kept.pass(next);
    }

    /// The stream goes on at `next`, behind bytes that never came by.
    #[inline(always)]
    fn resynchronise(&mut self, next: u32) {
        self.advance(next);
        self.kept.clear();
    }

    /// Where the payload of a segment goes that [`Sequence::place`] would hold back; `None` when it
    /// is not kept.
    #[inline(always)]
    pub fn place_beyond(&self, sequence: u32, length: u32) -> Option<Place> {
        self.kept.place(self.next, sequence, length)
    }

    /// The payload of the segment at `sequence` has been put there.
    #[inline(always)]
    pub fn keep(&mut self, sequence: u32, place: &Place) {
        // Meanwhile the receiver may have shown that it has these bytes.
        if distance(self.next, sequence) > 0 {
            self.kept.add(sequence, place);
        }
    }

    /// Which bytes of a segment are kept already.
    #[inline(always)]
    pub fn overlap(&self, sequence: u32, length: u32) -> Option<Overlap> {
        self.kept.overlap(sequence, length)
    }

    /// They are not the same: see [`Kept::contest`].
    #[inline(always)]
    pub fn contest(&mut self) {
        self.kept.contest();
    }

    /// Whether that happened to what is kept.
    #[inline(always)]
    pub fn is_contested(&self) -> bool {
        self.kept.is_contested()
    }

    /// The payload that ends at `end` was next. True if it is contested, and so was not read: the
    /// stream goes on behind that.
    #[inline(always)]
    pub fn passes_contested(&mut self, end: u32) -> bool {
        let Some(end) = self.kept.contested_to(end) else {
            return false;
        };
        self.resynchronise(end);
        true
    }

    /// What was kept and is next now.
    #[inline(always)]
    pub fn take_kept(&mut self) -> Option<Stretch> {
        self.kept.take(self.next)
    }

    /// What was kept and is next now is not to be read.
    #[inline(always)]
    pub fn skip_kept(&mut self) {
        if let Some(stretch) = self.take_kept() {
            self.advance(stretch.end);
        }
    }

    /// Whether anything is kept beyond a gap.
    #[inline(always)]
    pub fn has_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// The receiver acknowledges up to `acknowledgment` and announces `window` bytes (unscaled;
    /// `scale` is the receiver's). True when it has bytes that never came by here: the stream goes
    /// on behind them.
    #[inline(always)]
    pub fn acknowledge(&mut self, acknowledgment: u32, window: u16, scale: u8) -> bool {
        if distance(self.acknowledged, acknowledgment) < 0 {
            return false;
        }
        if distance(self.end, acknowledgment) > 1 {
            self.claimed = acknowledgment;
            return false;
        }
        self.acknowledged = acknowledgment;
        let limit = acknowledgment.wrapping_add((window as u32) << scale);
        if distance(self.limit, limit) > 0 {
            self.limit = limit;
        }
        // A FIN takes one number beyond the last byte.
        let bytes = if self.fin != 0 && distance(self.fin_at, acknowledgment) == 1 {
            self.fin_at
        } else {
            acknowledgment
        };
        // A gap is needed: an acknowledgment of more than was sent proves nothing.
        if distance(self.next, bytes) > 0 && distance(bytes, self.end) >= 0 {
            self.resynchronise(bytes);
            return true;
        }
        false
    }

    /// Whether a receiver whose windows have this `scale` may acknowledge that: nothing beyond its
    /// window, and nothing older than the last by more than a window (RFC 9293, 3.10.7.4; RFC 5961,
    /// 5). What says otherwise this sender drops.
    #[inline(always)]
    pub fn accepts_acknowledgment(&self, acknowledgment: u32, scale: u8) -> bool {
        let largest = (u16::MAX as i32) << scale;
        // A FIN takes a number, and so does a probe's byte.
        distance(acknowledgment, self.limit) >= -1
            && distance(acknowledgment, self.acknowledged) <= largest
    }

    /// The sender goes on at `sequence`. True when that bears out what the receiver claims to have
    /// of bytes that never came by here: the stream goes on behind them.
    ///
    /// Without it the next segment would be held back until the time for that is over: a receiver
    /// that gets nothing acknowledges nothing anew.
    #[inline(always)]
    pub fn bears_out(&mut self, sequence: u32) -> bool {
        let (claimed, next) = (self.claimed, self.next);
        let is_ahead = distance(next, claimed) > 0 && distance(claimed, sequence) >= 0;
        if is_ahead && distance(sequence, self.limit) >= 0 {
            self.resynchronise(claimed);
            return true;
        }
        false
    }

    /// Whether a RST at `sequence` is one that the receiver may accept (RFC 5961, 3.2): at exactly what
    /// it waits for. That lies between what it has acknowledged and what was sent. If a RST overtakes
    /// that, the receiver challenges it, and it comes again.
    #[inline(always)]
    pub fn accepts_reset(&self, sequence: u32) -> bool {
        // A FIN takes one number.
        let sent = self.end.wrapping_add((self.fin != 0) as u32);
        sequence == self.acknowledged
            || (distance(self.acknowledged, sequence) > 0 && distance(sequence, sent) >= 0)
    }

    /// Likewise, while nobody knows what was sent: anywhere inside of the window.
    #[inline(always)]
    pub fn may_accept_reset(&self, sequence: u32) -> bool {
        distance(self.acknowledged, sequence) >= 0 && distance(sequence, self.limit) >= 0
    }

    /// Whether everything up to and including the FIN has come by.
    #[inline(always)]
    pub fn is_finished(&self) -> bool {
        self.fin != 0 && distance(self.fin_at, self.next) >= 0
    }

    /// Scale of the windows that this sender announces.
    #[inline(always)]
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// Whether any byte of this sender came by.
    #[inline(always)]
    pub fn has_sent(&self) -> bool {
        self.end != self.acknowledged
    }

    /// Whether `acknowledgment` speaks of bytes this sender really sent.
    #[inline(always)]
    pub fn was_sent(&self, acknowledgment: u32) -> bool {
        distance(self.acknowledged, acknowledgment) >= 0 && distance(acknowledgment, self.end) >= -1
    }
}
