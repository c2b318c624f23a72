//! Payload that came before its turn: what of it is kept, and what is next of that.

use super::Session;
use crate::{
    kept::{Overlap, Place, Stretch},
    segment::Segment,
    tuple::Direction,
};

impl Session {
    /// A segment that has to be sent again may not be held back: what of its payload is kept already,
    /// and where the rest of it is kept until it is next. If either is something the direction is
    /// claimed until [`Session::keep`].
    #[inline(always)]
    pub fn beyond(
        &mut self,
        direction: Direction,
        segment: &Segment,
    ) -> (Option<Overlap>, Option<Place>) {
        let own = self.own(direction);
        let contested = own.is_contested();
        let overlap = own.overlap(segment.sequence, segment.length);
        let place = own.place_beyond(segment.sequence, segment.length);
        let nothing = overlap.is_none() && place.is_none();
        let claim = self.claim_of(direction);
        if *claim != 0 || contested || nothing || self.ended != 0 {
            return (None, None);
        }
        *self.claim_of(direction) = 1;
        (overlap, place)
    }

    /// The payload has been put in its `place`, if there is one, and what was kept of it already was
    /// the same, or not: the claim is given back.
    #[inline(always)]
    pub fn keep(&mut self, direction: Direction, sequence: u32, place: Option<&Place>, same: bool) {
        *self.claim_of(direction) = 0;
        let own = self.own(direction);
        if !same {
            own.contest();
        } else if let Some(place) = place {
            own.keep(sequence, place);
        }
    }

    /// What of a payload that is next is kept already; the direction is claimed. The second is true
    /// if there is no use in comparing them: they have been contested before.
    #[inline(always)]
    pub fn overlap(&mut self, direction: Direction, segment: &Segment) -> (Option<Overlap>, bool) {
        let own = self.own(direction);
        let overlap = own.overlap(segment.sequence, segment.length);
        (overlap, own.is_contested())
    }

    /// They are not the same: the payload is not to be read, only to be given to
    /// [`Session::commit`].
    #[inline(always)]
    pub fn contest(&mut self, direction: Direction) {
        self.own(direction).contest();
    }

    /// Everything up to `end` was parsed: what was kept and is next now. It is to be parsed before
    /// [`Session::commit`], and then this is asked again.
    #[inline(always)]
    pub fn resume(&mut self, direction: Direction, end: u32) -> Option<Stretch> {
        let readable = self.is_readable();
        let own = self.own(direction);
        if own.is_contested() {
            return None;
        }
        if end.wrapping_sub(own.next) as i32 > 0 {
            own.advance(end);
        }
        if readable { own.take_kept() } else { None }
    }
}
