//! A segment's header, and what is to be done with its payload.

use super::Session;
use crate::{
    outcome::Outcome,
    reason::Reason,
    segment::{ACK, FIN, RST, SYN, Segment},
    sequence::Placement,
    tuple::Direction,
};

/// What is to be done with a segment of a control connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Parse the payload from byte `skip` on, then [`Session::commit`].
    Parse {
        /// Bytes at the start that were parsed before.
        skip: u32,
    },
    /// Nothing to parse: the segment passes; the reason is to be counted unless it is `None`.
    Pass(Reason),
    /// The segment has to be sent again: it is dropped, where the mode allows it.
    Hold(Reason),
}

impl Session {
    /// Takes a segment's header. When the answer is [`Step::Parse`], the direction is claimed.
    #[inline(always)]
    pub fn receive(
        &mut self,
        direction: Direction,
        segment: &Segment,
        now: u64,
        outcome: &mut Outcome,
    ) -> Step {
        if self.ended != 0 {
            return Step::Pass(Reason::AfterEnd);
        }
        if segment.interface != 0 {
            let own = self.own(direction);
            if own.interface == 0 {
                own.interface = segment.interface;
            } else if own.interface != segment.interface {
                return Step::Pass(Reason::WrongInterface);
            }
        }
        if segment.has(RST) {
            return self.reset(direction, segment, now, outcome);
        }
        if segment.has(SYN) {
            return Step::Pass(Reason::None);
        }
        if !segment.has(ACK) {
            // Every segment of an open connection has it (RFC 9293, 3.10.7.4).
            return Step::Pass(Reason::OutsideWindow);
        }
        self.confirm(direction, segment);
        let mut counted = Reason::None;
        let theirs = self.acknowledge(direction, segment);
        let accepted = self.accepts_acknowledgment(direction, segment);
        let is_read = self.unread() as u8 == 0;
        let own = is_read && self.own(direction).bears_out(segment.sequence);
        if theirs || own {
            let (client, server) = match direction {
                Direction::FromClient => (own, theirs),
                Direction::FromServer => (theirs, own),
            };
            self.skips[0] |= u8::from(client);
            self.skips[1] |= u8::from(server);
            *outcome = self.conversation.resynchronised();
            counted = Reason::Resynchronised;
        }
        // Still it was evidence: so much may have gone another way.
        if !accepted {
            return Step::Pass(Reason::OutsideWindow);
        }
        let fin = segment.has(FIN);
        let placement = self
            .own(direction)
            .place(segment.sequence, segment.length, fin, now);
        let reason = match placement {
            Placement::Outside => return Step::Pass(Reason::OutsideWindow),
            Placement::Old if segment.length == 0 || counted as u8 != 0 => Reason::None,
            Placement::Old => Reason::Retransmission,
            Placement::Next { .. } | Placement::Hold | Placement::Late => {
                if matches!(direction, Direction::FromClient) {
                    self.conversation.client_speaks();
                }
                let unread = self.unread();
                if unread as u8 == 0 {
                    return self.claim(direction, placement, now);
                }
                // Not to be parsed: nothing is missing, whatever the order it comes in.
                let end = segment.sequence.wrapping_add(segment.length);
                let own = self.own(direction);
                own.advance(end);
                own.skip_kept();
                unread
            }
        };
        self.seen = now;
        self.note_fin(direction, now, outcome);
        Step::Pass(reason)
    }

    /// Whether a segment that begins and ends nothing says no more than that it came: what it carries
    /// is never read again, and both sides are known. So its checksum does not matter.
    #[inline(always)]
    pub fn is_past_reading(&self) -> bool {
        self.ended == 0 && self.is_confirmed() && self.unread() as u8 != 0
    }

    /// Whether who gets it goes on reading, as to what it acknowledges. While one side has not been seen nobody knows.
    #[inline(always)]
    fn accepts_acknowledgment(&mut self, direction: Direction, segment: &Segment) -> bool {
        let scale = self.own(direction).scale();
        !self.is_confirmed()
            || self
                .own(direction.opposite())
                .accepts_acknowledgment(segment.acknowledgment, scale)
    }

    /// Whether the acknowledgment shows that bytes of the other direction were lost to us.
    #[inline(always)]
    fn acknowledge(&mut self, direction: Direction, segment: &Segment) -> bool {
        let scale = self.own(direction).scale();
        self.own(direction.opposite())
            .acknowledge(segment.acknowledgment, segment.window, scale)
    }
}
