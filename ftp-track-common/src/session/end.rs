//! The end: a reset, a FIN of either side, or silence.

use super::{CONFIRMATION, Session, Step};
use crate::{outcome::Outcome, reason::Reason, segment::Segment, tuple::Direction};

/// How long an ended session is kept, so that late segments are known for what they are.
pub const LINGER: u64 = 10_000_000_000;

impl Session {
    /// Ends the session and whatever it announced.
    #[inline(always)]
    pub fn end(&mut self, reason: Reason, now: u64, outcome: &mut Outcome) {
        self.ended = now.max(1);
        self.end_reason = reason as u8;
        let end = self.conversation.end(reason);
        if end.ended.id != 0 {
            outcome.ended = end.ended;
        }
        if end.withdrawn != 0 {
            outcome.withdrawn = end.withdrawn;
        }
    }

    /// Why it ended: the number of a [`Reason`], 0 while it lives.
    #[inline(always)]
    pub const fn end_reason(&self) -> u8 {
        self.end_reason
    }

    /// Whether it is over for the map: ended and lingered, or silent for too long.
    #[inline(always)]
    pub const fn is_expired(&self, now: u64) -> bool {
        if self.ended != 0 {
            now.saturating_sub(self.ended) > LINGER
        } else if self.unconfirmed != 0 {
            now.saturating_sub(self.created) > CONFIRMATION
        } else {
            now.saturating_sub(self.seen) > self.idle
        }
    }

    /// Whether the connection may not be picked up in its middle once it is forgotten: it is not FTP,
    /// or no line of the client's has shown yet that it is.
    #[inline(always)]
    pub const fn is_doubtful(&self) -> bool {
        self.conversation.is_not_ftp() || !self.conversation.has_spoken()
    }

    /// Acts on a RST that the receiver may accept.
    #[inline(always)]
    pub(super) fn reset(
        &mut self,
        direction: Direction,
        segment: &Segment,
        now: u64,
        outcome: &mut Outcome,
    ) -> Step {
        let confirmed = self.is_confirmed();
        let own = self.own(direction);
        let accepted = if confirmed {
            own.accepts_reset(segment.sequence)
        } else {
            own.may_accept_reset(segment.sequence)
        };
        if !accepted {
            return Step::Pass(Reason::BadReset);
        }
        self.end(Reason::ControlReset, now, outcome);
        Step::Pass(Reason::None)
    }

    /// Acts on a FIN once everything before it has come by.
    #[inline(always)]
    pub(super) fn note_fin(&mut self, direction: Direction, now: u64, outcome: &mut Outcome) {
        if self.ended != 0 || !self.own(direction).is_finished() {
            return;
        }
        if matches!(direction, Direction::FromServer)
            || self.own(Direction::FromServer).is_finished()
        {
            self.end(Reason::ControlClosed, now, outcome);
        } else {
            let ended = self.conversation.client_finished().ended;
            if ended.id != 0 {
                outcome.ended = ended;
            }
        }
    }
}
