//! The claim of a direction: who parses it, from [`Step::Parse`] to [`Session::commit`].

use super::{Session, Step};
use crate::{outcome::Outcome, reason::Reason, sequence::Placement, tuple::Direction};

impl Session {
    /// Claims the direction for a payload that can be parsed now. One that is to start at the next
    /// line end is told so.
    #[inline(always)]
    pub(super) fn claim(&mut self, direction: Direction, placement: Placement, now: u64) -> Step {
        let skip = match placement {
            Placement::Next { skip } => skip,
            Placement::Hold => return Step::Hold(Reason::HeldBack),
            _ => return Step::Pass(Reason::GapPassed),
        };
        self.seen = now;
        let claim = self.claim_of(direction);
        if *claim != 0 {
            return Step::Hold(Reason::StreamBusy);
        }
        *claim = 1;
        match direction {
            Direction::FromClient if self.skips[0] != 0 => self.commands.skip_to_line_end(),
            Direction::FromServer if self.skips[1] != 0 => self.replies.skip_to_line_end(),
            _ => return Step::Parse { skip },
        }
        self.skips = match direction {
            Direction::FromClient => [0, self.skips[1]],
            Direction::FromServer => [self.skips[0], 0],
        };
        Step::Parse { skip }
    }

    /// The payload that ended at `end` was parsed, unless it is contested: the claim is given back.
    #[inline(always)]
    pub fn commit(&mut self, direction: Direction, end: u32, now: u64, outcome: &mut Outcome) {
        *self.claim_of(direction) = 0;
        let readable = self.is_readable();
        let own = self.own(direction);
        let contested = own.passes_contested(end);
        if end.wrapping_sub(own.next) as i32 > 0 {
            own.advance(end);
        }
        if !readable {
            own.skip_kept();
        }
        if contested {
            match direction {
                Direction::FromClient => self.skips[0] = 1,
                Direction::FromServer => self.skips[1] = 1,
            }
            *outcome = self.conversation.resynchronised();
        }
        self.note_fin(direction, now, outcome);
    }

    /// Not 0 while a CPU parses the direction.
    #[inline(always)]
    pub(super) fn claim_of(&mut self, direction: Direction) -> &mut u8 {
        match direction {
            Direction::FromClient => &mut self.claims[0],
            Direction::FromServer => &mut self.claims[1],
        }
    }
}
