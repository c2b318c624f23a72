//! One control connection: segments in, what comes of them into the [`Ledger`].

use std::{net::IpAddr, ops::Range};

use fastrand::Rng;
use ftp_track_common::{
    handshake::Handshake,
    kept::LONGEST,
    outcome::Outcome,
    reason::Reason,
    rule::Rule,
    segment::{ACK, FIN, Segment},
    session::{Session, Step},
    tuple::{Direction, SessionKey},
};

use super::ledger::Ledger;
use crate::support::connection::{FIRST, INTERFACES, SECOND, address};

/// A session with what is known about it from outside.
pub struct Wire {
    pub session: Session,
    ledger: Ledger,
    rule: Rule,
    pub now: u64,
    /// The next sequence number of each side, client first.
    next: [u32; 2],
    /// Lines without an end yet, client first.
    unfinished: [Vec<u8>; 2],
    /// Of the input that is being sent: bytes read, and where the line began that is being read.
    read: usize,
    line: usize,
}

impl Wire {
    /// A connection whose handshake was seen.
    pub fn open(client: IpAddr, server: IpAddr) -> Self {
        let key = SessionKey {
            client: address(client),
            server: address(server),
            client_port: 40_000,
            server_port: 21,
            zone: 0,
        };
        let now = 100 * SECOND;
        let handshake = Handshake {
            created: now,
            client_first: FIRST[0],
            server_first: FIRST[1],
            client_interface: INTERFACES[0],
            server_interface: INTERFACES[1],
            client_scale: 1,
            server_scale: 1,
            answered: 1,
            ..Handshake::default()
        };
        let mut session = Session::default();
        session.open(&key, 1, &handshake, now);
        Self {
            session,
            ledger: Ledger::new(client),
            rule: Rule::open(),
            now,
            next: FIRST.map(|first| first.wrapping_add(1)),
            unfinished: [Vec::new(), Vec::new()],
            read: 0,
            line: 0,
        }
    }

    /// Sends `input` in one to three segments; some come twice, too early, or overlap.
    pub fn send(&mut self, random: &mut Rng, direction: Direction, input: &[u8]) {
        self.read = 0;
        self.line = 0;
        let mut cuts = [input.len(); 2];
        for cut in &mut cuts[..random.usize(0..=2)] {
            *cut = random.usize(0..=input.len());
        }
        cuts.sort_unstable();
        let mut sent = 0;
        for end in [cuts[0], cuts[1], input.len()] {
            if sent == end {
                continue;
            }
            let trick = random.u8(0..16);
            if trick == 0 && sent != 0 {
                let step = self.deliver(direction, input, 0, &input[..sent]);
                assert!(matches!(step, Step::Pass(_)), "{step:?} of what was there");
            }
            if trick == 1 && end != input.len() && self.waits_for(direction) {
                let step = self.deliver(direction, input, end, &input[end..]);
                assert_eq!(step, Step::Hold(Reason::HeldBack), "beyond a gap");
            }
            let readable = self.waits_for(direction);
            let kept = trick == 3 && readable && self.keep(random, direction, end, &input[end..]);
            let old = if trick == 2 {
                sent.min(random.usize(1..20))
            } else {
                0
            };
            let step = if old == 0 {
                self.deliver(direction, input, sent, &input[sent..end])
            } else {
                let mut other = input[sent - old..end].to_vec();
                other[..old].iter_mut().for_each(|byte| *byte ^= 7);
                self.deliver(direction, input, sent - old, &other)
            };
            if readable {
                let skip = old as u32;
                assert_eq!(step, Step::Parse { skip }, "in order");
            } else {
                assert!(matches!(step, Step::Pass(_)), "{step:?}, to be left alone");
            }
            sent = end;
            if kept {
                break;
            }
        }
        let own = direction as usize;
        self.next[own] = self.next[own].wrapping_add(input.len() as u32);
        if self.session.is_readable() {
            assert_eq!(self.read, input.len(), "bytes read");
            assert_eq!(self.session.sequences[own].next, self.next[own]);
            self.unfinished[own].extend_from_slice(&input[self.line..]);
        }
        self.ledger.check(&self.session.conversation);
    }

    /// Sends the FIN of `direction`.
    pub fn finish(&mut self, direction: Direction) {
        let mut outcome = Outcome::nothing();
        let mut segment = self.segment(direction, 0, 0);
        segment.flags |= FIN;
        self.session
            .receive(direction, &segment, self.now, &mut outcome);
        self.ledger.ended(&outcome);
        let next = &mut self.next[direction as usize];
        *next = next.wrapping_add(1);
        self.ledger.check(&self.session.conversation);
    }

    /// Ends the connection.
    pub fn close(&mut self) {
        if self.session.ended == 0 {
            let mut outcome = Outcome::nothing();
            self.session
                .end(Reason::ControlReset, self.now, &mut outcome);
            self.ledger.ended(&outcome);
        }
        self.ledger.check(&self.session.conversation);
        self.ledger.close();
    }

    /// A client that speaks before the greeting is no FTP client.
    fn waits_for(&self, direction: Direction) -> bool {
        let awaits_greeting = self.session.conversation.awaits_greeting();
        self.session.is_readable() && !(direction == Direction::FromClient && awaits_greeting)
    }

    fn segment(&self, direction: Direction, offset: usize, length: usize) -> Segment {
        Segment {
            sequence: self.next[direction as usize].wrapping_add(offset as u32),
            acknowledgment: self.next[direction.opposite() as usize],
            length: length as u32,
            interface: INTERFACES[direction as usize],
            window: u16::MAX,
            flags: ACK,
            scale: 0,
        }
    }

    /// Brings a segment with `payload`, which stands at `offset` of `input`.
    fn deliver(
        &mut self,
        direction: Direction,
        input: &[u8],
        offset: usize,
        payload: &[u8],
    ) -> Step {
        let segment = self.segment(direction, offset, payload.len());
        let mut outcome = Outcome::nothing();
        let step = self
            .session
            .receive(direction, &segment, self.now, &mut outcome);
        self.ledger.ended(&outcome);
        if let Step::Parse { skip } = step {
            let new = &payload[skip as usize..];
            assert_eq!(self.read, offset + skip as usize, "each byte once");
            match direction {
                Direction::FromClient => self.read_commands(input, new),
                Direction::FromServer => self.read_replies(input, new),
            }
            let mut end = segment.sequence.wrapping_add(segment.length);
            if self.session.is_readable()
                && let Some(stretch) = self.session.resume(direction, end)
            {
                end = stretch.end;
                let new = &input[self.read..];
                assert_eq!(new.len(), stretch.length as usize, "all that was kept");
                match direction {
                    Direction::FromClient => self.read_commands(input, new),
                    Direction::FromServer => self.read_replies(input, new),
                }
            }
            let mut outcome = Outcome::nothing();
            self.session.commit(direction, end, self.now, &mut outcome);
            self.ledger.ended(&outcome);
        }
        step
    }

    /// Brings what stands beyond a gap where it may not be held back, in one or two segments, one of
    /// which may come twice. False when it has to come again.
    fn keep(&mut self, random: &mut Rng, direction: Direction, offset: usize, rest: &[u8]) -> bool {
        if rest.is_empty() || rest.len() > LONGEST as usize {
            return false;
        }
        let cut = random.usize(0..rest.len());
        let again = if random.bool() { cut } else { 0 };
        let ends = [cut, again, rest.len()];
        let mut kept = 0;
        for end in ends.into_iter().filter(|end| *end != 0) {
            // What came before comes again with it, or not.
            let start = kept.min(end - 1) * usize::from(random.bool());
            self.place(direction, offset, rest, start..end, &mut kept);
        }
        true
    }

    /// Keeps a part of `rest`, of which the first `kept` bytes are kept.
    fn place(
        &mut self,
        direction: Direction,
        offset: usize,
        rest: &[u8],
        part: Range<usize>,
        kept: &mut usize,
    ) {
        let step = self.deliver(direction, &[], offset + part.start, &rest[part.clone()]);
        assert_eq!(step, Step::Hold(Reason::HeldBack), "beyond a gap");
        let segment = self.segment(direction, offset + part.start, part.len());
        let (overlap, place) = self.session.beyond(direction, &segment);
        let known = (*kept).min(part.end).saturating_sub(part.start);
        assert_eq!(overlap.map_or(0, |it| it.length as usize), known, "twice");
        let new = part.end.saturating_sub(*kept);
        assert_eq!(place.map_or(0, |it| it.length as usize), new, "new");
        self.session
            .keep(direction, segment.sequence, place.as_ref(), true);
        *kept += new;
    }

    fn read_commands(&mut self, input: &[u8], new: &[u8]) {
        for &byte in new {
            let ended = self.session.commands.feed(byte);
            self.read += 1;
            assert_eq!(
                ended,
                byte == b'\n',
                "each LF ends a line, nothing else does"
            );
            if ended {
                let command = self.session.commands.finish();
                let unfinished = &mut self.unfinished[0];
                let line = whole(unfinished, &input[self.line..self.read - 1]);
                self.line = self.read;
                self.ledger.command(line, &command);
                unfinished.clear();
                let refusal = self.rule.judge_command(&command, &self.session.key.client) as u8;
                let outcome = self.session.command(&command, refusal, self.now);
                self.ledger.after_command(&outcome);
                if !self.session.is_readable() {
                    return;
                }
            }
        }
    }

    fn read_replies(&mut self, input: &[u8], new: &[u8]) {
        for &byte in new {
            let ended = self.session.replies.feed(byte);
            self.read += 1;
            assert_eq!(
                ended,
                byte == b'\n',
                "each LF ends a line, nothing else does"
            );
            if ended {
                let reply = self.session.replies.finish();
                let unfinished = &mut self.unfinished[1];
                let line = whole(unfinished, &input[self.line..self.read - 1]);
                self.line = self.read;
                self.ledger.reply(line, &reply);
                unfinished.clear();
                let refusal = self.rule.judge_reply(&reply) as u8;
                let lifetime = self.rule.expectation_lifetime;
                let outcome = self.session.reply(&reply, refusal, lifetime, self.now);
                self.ledger.after_reply(&reply, &outcome);
                if !self.session.is_readable() {
                    return;
                }
            }
        }
    }
}

/// A line that may have begun in an earlier input.
fn whole<'a>(begun: &'a mut Vec<u8>, rest: &'a [u8]) -> &'a [u8] {
    if begun.is_empty() {
        return rest;
    }
    begun.extend_from_slice(rest);
    begun
}
