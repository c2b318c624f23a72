//! One control connection: both byte streams, the conversation, and its end.

use bytemuck::{Pod, Zeroable};

use crate::{
    client::Share,
    command::{Command, CommandLine},
    conversation::Conversation,
    handshake::Handshake,
    kept::{Overlap, Place, Stretch},
    outcome::{Announcement, Outcome},
    policy::Binding,
    reason::Reason,
    reply::{Reply, ReplyLine},
    segment::{ACK, FIN, RST, SYN, Segment},
    sequence::{Placement, Sequence},
    tuple::{Direction, SessionKey},
};

/// How long a session that was picked up in the middle waits for the other side, in nanoseconds.
pub const CONFIRMATION: u64 = 20_000_000_000;
/// How long an ended session is kept, so that late segments are known for what they are.
pub const LINGER: u64 = 10_000_000_000;

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

/// Value of the session map.
///
/// Everything but the two parsers is read and written only under the lock that the map's entry
/// holds next to it. A parser is written only by the CPU that has claimed its direction.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Session {
    /// The control connection; the map's key, kept here for whoever holds only the session.
    pub key: SessionKey,
    /// Different for every session that a tracker has seen.
    pub id: u64,
    /// When it was first seen; monotonic clock, nanoseconds.
    pub created: u64,
    /// When it, or a data connection of it, was last active; monotonic clock, nanoseconds.
    pub seen: u64,
    /// When it ended; 0 while it lives.
    pub ended: u64,
    /// How long it may be silent, nanoseconds: what its rule says.
    pub idle: u64,
    /// Both streams, client first.
    pub sequences: [Sequence; 2],
    /// Commands and replies.
    pub conversation: Conversation,
    /// Parser of the client's lines.
    pub commands: CommandLine,
    /// Parser of the server's lines.
    pub replies: ReplyLine,
    /// Directions in which a CPU is parsing right now.
    claims: [u8; 2],
    /// The other side's acknowledgment has not confirmed yet that the connection is real.
    unconfirmed: u8,
    /// Picked up in the middle.
    picked_up: u8,
    /// Directions that lost bytes: their parsers start at the next line end.
    skips: [u8; 2],
    /// Why it ended: a [`Reason`], or 0.
    end_reason: u8,
    /// As what it is counted: a [`Share`].
    share: u8,
    /// Its rule. One aligned word, written without the lock: every CPU that finds that it is not of
    /// the policy in force writes the same.
    pub binding: Binding,
    reserved: u32,
}

impl Session {
    /// A session from its handshake.
    #[inline(always)]
    pub fn open(&mut self, key: &SessionKey, id: u64, handshake: &Handshake, now: u64) {
        self.start(key, id, now);
        self.share = Share::Session as u8;
        handshake.open(&mut self.sequences);
        self.conversation.open(true);
        if handshake.early_data != 0 {
            self.conversation.client_speaks();
        }
    }

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

    #[inline(always)]
    fn start(&mut self, key: &SessionKey, id: u64, now: u64) {
        self.key = *key;
        self.id = id;
        self.created = now;
        self.seen = now;
        self.ended = 0;
        self.claims = [0; 2];
        self.unconfirmed = 0;
        self.picked_up = 0;
        self.skips = [0; 2];
        self.end_reason = 0;
        self.commands.restart();
    }

    /// Why it ended: the number of a [`Reason`], 0 while it lives.
    #[inline(always)]
    pub const fn end_reason(&self) -> u8 {
        self.end_reason
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

    /// As what it has been counted; from now on as `share`. Who gets an answer other than
    /// [`Share::None`] sees to the client's count.
    #[inline(always)]
    pub fn exchange_share(&mut self, share: Share) -> Share {
        let before = match self.share {
            1 => Share::Session,
            2 => Share::PickUp,
            _ => Share::None,
        };
        self.share = share as u8;
        before
    }

    /// As what it is counted: the number of a [`Share`].
    #[inline(always)]
    pub const fn share(&self) -> u8 {
        self.share
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

    /// Why the connection's bytes are not read, or [`Reason::None`].
    #[inline(always)]
    fn unread(&self) -> Reason {
        if self.conversation.is_opaque() {
            Reason::Opaque
        } else if self.conversation.is_not_ftp() {
            Reason::NotFtp
        } else {
            Reason::None
        }
    }

    #[inline(always)]
    fn claim(&mut self, direction: Direction, placement: Placement, now: u64) -> Step {
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

    /// Takes a command that the client's parser has finished. `refusal` is what
    /// [`crate::rule::Rule::judge_command`] says of it, as a number.
    #[inline(always)]
    pub fn command(&mut self, command: &Command, refusal: u8, now: u64) -> Outcome {
        if self.ended != 0 {
            return Outcome::count(Reason::AfterEnd);
        }
        self.conversation.command(command, refusal, now)
    }

    /// Takes a line that the server's parser has finished. `refusal` is what
    /// [`crate::rule::Rule::judge_reply`] says of it, as a number. Expectations live `lifetime`
    /// nanoseconds.
    #[inline(always)]
    pub fn reply(&mut self, reply: &Reply, refusal: u8, lifetime: u64, now: u64) -> Outcome {
        if self.ended != 0 {
            return Outcome::count(Reason::AfterEnd);
        }
        let mut outcome = self.conversation.reply(reply, refusal, lifetime, now);
        if outcome.made.id != 0 && !self.is_confirmed() {
            let ended = self.conversation.end_pending(Reason::Unconfirmed);
            outcome.made = Announcement::default();
            outcome.refused = ended;
        }
        outcome
    }

    /// Whether the direction may be parsed on: the conversation can turn opaque, or out not to be
    /// FTP, in the middle of a segment.
    #[inline(always)]
    pub fn is_readable(&self) -> bool {
        !self.conversation.is_opaque() && !self.conversation.is_not_ftp() && self.ended == 0
    }

    #[inline(always)]
    fn confirm(&mut self, direction: Direction, segment: &Segment) {
        let other = self.own(direction.opposite());
        let spoken = other.interface != 0 || other.has_sent();
        if spoken && other.was_sent(segment.acknowledgment) {
            self.unconfirmed = 0;
        }
    }

    #[inline(always)]
    fn acknowledge(&mut self, direction: Direction, segment: &Segment) -> bool {
        let scale = self.own(direction).scale();
        self.own(direction.opposite())
            .acknowledge(segment.acknowledgment, segment.window, scale)
    }

    #[inline(always)]
    fn reset(
        &mut self,
        direction: Direction,
        segment: &Segment,
        now: u64,
        outcome: &mut Outcome,
    ) -> Step {
        if !self.own(direction).accepts_reset(segment.sequence) {
            return Step::Pass(Reason::BadReset);
        }
        self.end(Reason::ControlReset, now, outcome);
        Step::Pass(Reason::None)
    }

    /// Acts on a FIN once everything before it has come by.
    #[inline(always)]
    fn note_fin(&mut self, direction: Direction, now: u64, outcome: &mut Outcome) {
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

    #[inline(always)]
    fn claim_of(&mut self, direction: Direction) -> &mut u8 {
        match direction {
            Direction::FromClient => &mut self.claims[0],
            Direction::FromServer => &mut self.claims[1],
        }
    }

    #[inline(always)]
    fn own(&mut self, direction: Direction) -> &mut Sequence {
        match direction {
            Direction::FromClient => &mut self.sequences[0],
            Direction::FromServer => &mut self.sequences[1],
        }
    }
}
