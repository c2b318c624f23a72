//! A control connection driven through the engine the way the kernel programs do it: the header
//! first, then byte by byte, each line's outcome put into maps. The maps are a `HashMap` here.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ftp_track_common::{
    address::Address,
    expectation::{Expectation, ExpectationKind},
    handshake::Handshake,
    kept::{Overlap, ROOM},
    outcome::{Announcement, Outcome},
    reason::Reason,
    request::THIRD,
    rule::Rule,
    segment::{ACK, FIN, RST, Segment},
    session::{Session, Step},
    tuple::{Direction, ExpectationKey, SessionKey},
};

/// The client's address in transcripts over IPv4.
pub const CLIENT_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// The server's address in transcripts over IPv4.
pub const SERVER_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// The client's address in transcripts over IPv6.
pub const CLIENT_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
/// The server's address in transcripts over IPv6.
pub const SERVER_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x21));

/// Initial sequence numbers, client first; the server's stream soon wraps around 2^32.
pub const FIRST: [u32; 2] = [1_000, u32::MAX - 20];
/// Interfaces, client's side first.
pub const INTERFACES: [u32; 2] = [2, 3];

/// A second of the engine's clock.
pub const SECOND: u64 = 1_000_000_000;

/// The engine's form of an address.
pub fn address(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(v4) => Address::from_v4(v4.octets()),
        IpAddr::V6(v6) => Address::from_v6(v6.octets()),
    }
}

/// A control connection and the maps around it.
pub struct Connection {
    pub session: Session,
    pub master: SessionKey,
    pub rule: Rule,
    pub now: u64,
    pub expectations: HashMap<ExpectationKey, Expectation>,
    /// What happened, one note each, as [`Connection::apply`] words it.
    pub notes: Vec<String>,
    /// The next sequence number of each side, client first.
    pub next: [u32; 2],
    /// Nothing may be held back: what is beyond a gap is kept.
    pub observes: bool,
    /// What is kept, client first.
    kept: [[u8; ROOM]; 2],
}

impl Connection {
    /// A session that knows nothing yet.
    fn unopened(client: IpAddr, server: IpAddr) -> Self {
        Self {
            session: idle_after(Rule::open().session_idle),
            master: SessionKey {
                client: address(client),
                server: address(server),
                client_port: 40_000,
                server_port: 21,
                zone: 0,
            },
            rule: Rule::open(),
            now: 100 * SECOND,
            expectations: HashMap::new(),
            notes: Vec::new(),
            next: FIRST.map(|first| first.wrapping_add(1)),
            observes: false,
            kept: [[0; ROOM]; 2],
        }
    }

    /// A connection whose handshake was seen.
    pub fn established(client: IpAddr, server: IpAddr) -> Self {
        let mut connection = Self::unopened(client, server);
        let handshake = Handshake {
            created: connection.now,
            client_first: FIRST[0],
            server_first: FIRST[1],
            client_interface: INTERFACES[0],
            server_interface: INTERFACES[1],
            client_scale: 1,
            server_scale: 1,
            answered: 1,
            ..Handshake::default()
        };
        let master = connection.master;
        connection
            .session
            .open(&master, 1, &handshake, connection.now);
        connection
    }

    /// An IPv4 connection whose handshake was seen.
    pub fn v4() -> Self {
        Self::established(CLIENT_V4, SERVER_V4)
    }

    /// An IPv4 connection of which the first thing seen is the next segment of `direction`.
    pub fn picked_up(direction: Direction) -> Self {
        let mut connection = Self::unopened(CLIENT_V4, SERVER_V4);
        let segment = connection.segment(direction, 0);
        let master = connection.master;
        connection
            .session
            .pick_up(&master, 1, direction, &segment, connection.now);
        connection
    }

    /// The header of the next segment of `direction` with `length` bytes.
    pub fn segment(&self, direction: Direction, length: usize) -> Segment {
        Segment {
            sequence: self.next[direction as usize],
            acknowledgment: self.next[direction.opposite() as usize],
            length: length as u32,
            interface: INTERFACES[direction as usize],
            window: u16::MAX,
            flags: ACK,
            scale: 0,
        }
    }

    /// Brings a segment, and parses it if the engine says so.
    pub fn deliver(&mut self, direction: Direction, segment: &Segment, payload: &[u8]) -> Step {
        assert_eq!(segment.length as usize, payload.len());
        let mut outcome = Outcome::nothing();
        let step = self
            .session
            .receive(direction, segment, self.now, &mut outcome);
        self.apply(&outcome);
        if let Step::Parse { skip } = step {
            let (overlap, contested) = self.session.overlap(direction, segment);
            let mut end = segment.sequence.wrapping_add(segment.length);
            if overlap
                .is_some_and(|overlap| contested || !self.is_kept(direction, &overlap, payload))
            {
                self.session.contest(direction);
                self.notes.push("counted ambiguous".to_owned());
            } else {
                self.parse(direction, &payload[skip as usize..]);
            }
            while let Some(stretch) = self.session.resume(direction, end) {
                let (offset, length) = (stretch.offset as usize, stretch.length as usize);
                let bytes = self.kept[direction as usize];
                self.parse(direction, &bytes[offset..offset + length]);
                end = stretch.end;
            }
            let mut outcome = Outcome::nothing();
            self.session.commit(direction, end, self.now, &mut outcome);
            self.apply(&outcome);
        }
        self.check_map();
        if self.observes && matches!(step, Step::Hold(_)) {
            return Step::Pass(self.keep(direction, segment, payload));
        }
        step
    }

    /// Keeps the payload of a segment that may not be held back; gives the reason to count.
    fn keep(&mut self, direction: Direction, segment: &Segment, payload: &[u8]) -> Reason {
        let (overlap, place) = self.session.beyond(direction, segment);
        if overlap.is_none() && place.is_none() {
            return Reason::GapPassed;
        }
        let same = overlap.is_none_or(|overlap| self.is_kept(direction, &overlap, payload));
        if let Some(place) = &place
            && same
        {
            let (skip, offset) = (place.skip as usize, place.offset as usize);
            let bytes = &payload[skip..];
            assert_eq!(bytes.len(), place.length as usize);
            self.kept[direction as usize][offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        self.session
            .keep(direction, segment.sequence, place.as_ref(), same);
        match (same, place) {
            (false, _) => Reason::Ambiguous,
            (true, None) => Reason::Retransmission,
            (true, Some(_)) => Reason::Kept,
        }
    }

    /// Whether that part of the payload is the same as what is kept.
    fn is_kept(&self, direction: Direction, overlap: &Overlap, payload: &[u8]) -> bool {
        let range = |start: u32| start as usize..(start + overlap.length) as usize;
        self.kept[direction as usize][range(overlap.offset)] == payload[range(overlap.skip)]
    }

    fn parse(&mut self, direction: Direction, payload: &[u8]) {
        for &byte in payload {
            let outcome = match direction {
                Direction::FromClient if self.session.commands.feed(byte) => {
                    let command = self.session.commands.finish();
                    let refusal = self.rule.judge_command(&command, &self.master.client);
                    self.session.command(&command, refusal as u8, self.now)
                }
                Direction::FromServer if self.session.replies.feed(byte) => {
                    let reply = self.session.replies.finish();
                    let refusal = self.rule.judge_reply(&reply) as u8;
                    let lifetime = self.rule.expectation_lifetime;
                    self.session.reply(&reply, refusal, lifetime, self.now)
                }
                _ => continue,
            };
            self.apply(&outcome);
            if !self.session.is_readable() {
                return;
            }
        }
    }

    /// The next bytes of `direction` in one segment.
    pub fn send(&mut self, direction: Direction, payload: &[u8]) -> Step {
        let segment = self.segment(direction, payload.len());
        let step = self.deliver(direction, &segment, payload);
        if !matches!(step, Step::Hold(_)) {
            self.skip(direction, payload.len());
        }
        step
    }

    /// Bytes of `direction` that go another way: the receiver has them, the tracker does not.
    pub fn skip(&mut self, direction: Direction, length: usize) {
        let next = &mut self.next[direction as usize];
        *next = next.wrapping_add(length as u32);
    }

    /// A line of the client in one segment.
    pub fn client(&mut self, line: &str) -> Step {
        self.send(Direction::FromClient, format!("{line}\r\n").as_bytes())
    }

    /// A line of the server in one segment.
    pub fn server(&mut self, line: &str) -> Step {
        self.send(Direction::FromServer, format!("{line}\r\n").as_bytes())
    }

    /// A segment without payload.
    pub fn acknowledge(&mut self, direction: Direction) -> Step {
        self.send(direction, b"")
    }

    /// The FIN of `direction`.
    pub fn finish(&mut self, direction: Direction) -> Step {
        let mut segment = self.segment(direction, 0);
        segment.flags |= FIN;
        let step = self.deliver(direction, &segment, b"");
        self.skip(direction, 1);
        step
    }

    /// A RST of `direction` where the receiver expects it.
    pub fn reset(&mut self, direction: Direction) -> Step {
        let mut segment = self.segment(direction, 0);
        segment.flags |= RST;
        self.deliver(direction, &segment, b"")
    }

    /// The notes since the last call.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Does to the map what the outcome says, and notes it.
    fn apply(&mut self, outcome: &Outcome) {
        if outcome.ended.id != 0 {
            let (text, key) = self.describe(&outcome.ended);
            let removed = self.expectations.remove(&key).expect("it was made before");
            assert_eq!(removed.id, outcome.ended.id);
            let reason = outcome.ended.reason().name();
            self.notes.push(format!("ended {text} {reason}"));
        }
        if outcome.refused.kind != 0 {
            let kind = request_name(outcome.refused.kind);
            let port = outcome.refused.port;
            let reason = outcome.refused.reason().name();
            self.notes.push(format!("refused {kind} {port} {reason}"));
        }
        if outcome.made.id != 0 {
            let (text, key) = self.describe(&outcome.made);
            let expectation = Expectation {
                master: self.master,
                session: self.session.id,
                created: self.now,
                expires: self.session.conversation.pending.expires,
                id: outcome.made.id,
                kind: outcome.made.kind,
                ..Expectation::default()
            };
            let before = self.expectations.insert(key, expectation);
            assert!(before.is_none(), "made while another one waits there");
            self.notes.push(format!("made {text}"));
        }
        if let Some(reason) = Reason::from_number(outcome.counted)
            && reason != Reason::None
        {
            self.notes.push(format!("counted {}", reason.name()));
        }
    }

    fn describe(&self, announcement: &Announcement) -> (String, ExpectationKey) {
        let kind = ExpectationKind::of_request(announcement.kind).expect("a kind of expectation");
        let text = format!("{} {}", kind.name(), announcement.port);
        let mut key = kind.key(&self.master, announcement.port);
        if announcement.kind & THIRD != 0 {
            match self.session.conversation.pending.third() {
                Some(third) => key.responder = *third,
                None => key.initiator = Address::default(),
            }
        }
        (text, key)
    }

    /// The map holds what the session says that it holds, and nothing below port 1024.
    fn check_map(&self) {
        let pending = &self.session.conversation.pending;
        assert_eq!(self.expectations.len(), usize::from(pending.is_some()));
        for (key, expectation) in &self.expectations {
            assert_eq!(expectation.id, pending.id);
            assert_eq!(key.responder_port, pending.port);
            assert!(key.responder_port >= 1024);
        }
    }
}

fn idle_after(idle: u64) -> Session {
    let mut session = Session::default();
    session.idle = idle;
    session
}

/// The name of a request that can be refused.
fn request_name(kind: u8) -> &'static str {
    const NAMES: [&str; 9] = [
        "PORT", "EPRT", "PASV", "EPSV", "EPSV ALL", "AUTH", "REIN", "QUIT", "ABOR",
    ];
    NAMES[usize::from(kind) - 1]
}
