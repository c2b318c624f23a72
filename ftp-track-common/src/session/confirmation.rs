//! A session picked up in the middle: whether both sides take part has to be seen first.

use super::Session;
use crate::{
    client::Share,
    segment::Segment,
    tuple::{Direction, SessionKey},
};

/// How long a session that was picked up in the middle waits for the other side, in nanoseconds.
pub const CONFIRMATION: u64 = 20_000_000_000;

impl Session {
    /// A session in the middle, from a segment on. The first byte is taken for the start of a
    /// line: a rest of a line is then at worst an unknown command, and the server judges it.
    #[inline(always)]
    pub fn pick_up(
        &mut self,
        key: &SessionKey,
        id: u64,
        direction: Direction,
        segment: &Segment,
        now: u64,
    ) {
        self.start(key, id, now);
        let (own, other) = match direction {
            Direction::FromClient => (0, 1),
            Direction::FromServer => (1, 0),
        };
        self.sequences[own].pick_up(segment.sequence, segment.interface);
        self.sequences[other].pick_up(segment.acknowledgment, 0);
        self.conversation.open(false);
        self.unconfirmed = 1;
        self.picked_up = 1;
        self.share = Share::PickUp as u8;
    }

    /// Of what [`Session::pick_up`] made, the SYN was seen, if not the whole handshake: it has only
    /// begun, and so begins with a greeting.
    #[inline(always)]
    pub fn begin(&mut self) {
        self.conversation.open(true);
    }

    /// Whether it was picked up in the middle.
    #[inline(always)]
    pub const fn is_picked_up(&self) -> bool {
        self.picked_up != 0
    }

    /// Whether both sides have been seen to take part.
    #[inline(always)]
    pub const fn is_confirmed(&self) -> bool {
        self.unconfirmed == 0
    }

    /// Of what [`Session::pick_up`] made, the other side has been seen before, on `interface`: the
    /// segment at hand confirms it.
    #[inline(always)]
    pub fn believe(&mut self, direction: Direction, interface: u32) {
        self.own(direction.opposite()).interface = interface;
        self.share = Share::None as u8;
    }

    /// The other side has spoken, and this one acknowledges what it sent: both take part.
    #[inline(always)]
    pub(super) fn confirm(&mut self, direction: Direction, segment: &Segment) {
        let other = self.own(direction.opposite());
        let spoken = other.interface != 0 || other.has_sent();
        if spoken && other.was_sent(segment.acknowledgment) {
            self.unconfirmed = 0;
        }
    }
}
