//! One session through the programs, and what must hold of it.

use std::{collections::BTreeMap, net::SocketAddr};

use ftp_track_common::{
    config::Mode,
    event::{Event, EventKind},
    expectation::ExpectationKind,
    reason::Reason,
    request::RequestKind,
    segment::{FIN, RST, SYN},
    tuple::Direction::{self, FromClient, FromServer},
};

use super::generator::PORTS;
use crate::{
    harness::{
        namespace::{LAN, WAN},
        play::{Control, Family},
        segment::Segment,
        tracker::{Tracker, Verdict},
    },
    support::{
        connection::{CLIENT_V4, CLIENT_V6, SERVER_V4, SERVER_V6},
        reference::Reference,
        transcript::{Transcript, Turn},
    },
};

/// A control connection on its way through the programs.
struct Session<'a> {
    tracker: &'a mut Tracker,
    control: Control,
    choices: &'a [u8],
    at: usize,
    dropped: u64,
    segments: u64,
    /// Nothing may be held back.
    observes: bool,
    /// Segments that are to be kept.
    kept: u64,
}

/// How much was played.
pub struct Played {
    pub expectations: u64,
    pub segments: u64,
    /// Segments beyond a gap that were kept.
    pub kept: u64,
}

/// Plays a transcript in segments by `choices`.
pub fn play(tracker: &mut Tracker, mode: Mode, transcript: &Transcript, choices: &[u8]) -> Played {
    tracker.reset(mode);
    let mut session = Session::open(tracker, transcript.v6, choices);
    session.observes = mode == Mode::Observe;
    for turn in &transcript.turns {
        session.happen(turn);
    }
    session.check(transcript)
}

impl<'a> Session<'a> {
    fn open(tracker: &'a mut Tracker, v6: bool, choices: &'a [u8]) -> Self {
        let (family, client, server) = if v6 {
            (Family::V6, CLIENT_V6, SERVER_V6)
        } else {
            (Family::V4, CLIENT_V4, SERVER_V4)
        };
        let mut control = Control::new(family, 40_000);
        control.client = SocketAddr::new(client, 40_000);
        control.server = SocketAddr::new(server, 21);
        let mut session = Self {
            tracker,
            control,
            choices,
            at: 0,
            dropped: 0,
            segments: 0,
            observes: false,
            kept: 0,
        };
        let syn = session.control.syn();
        session.deliver(FromClient, &syn);
        session.control.next[0] = syn.end();
        let answer = session.control.syn_ack();
        session.deliver(FromServer, &answer);
        session.control.next[1] = answer.end();
        let last = session.control.segment(FromClient, b"");
        session.deliver(FromClient, &last);
        session
    }

    fn deliver(&mut self, direction: Direction, segment: &Segment) -> Verdict {
        self.segments += 1;
        let interface = self.control.interfaces[direction as usize];
        let verdict = self.tracker.run(&segment.frame(), interface);
        self.dropped += u64::from(verdict == Verdict::Drop);
        verdict
    }

    fn choose(&mut self) -> u8 {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at = (self.at + 1) % self.choices.len().max(1);
        choice
    }

    fn happen(&mut self, turn: &Turn) {
        match turn {
            Turn::Bytes(direction, bytes) => self.send(*direction, bytes),
            Turn::Fin(direction) => {
                let mut segment = self.control.segment(*direction, b"");
                segment.flags |= FIN;
                self.deliver(*direction, &segment);
                self.control.next[*direction as usize] = segment.end();
            }
            Turn::Rst(direction) => {
                let mut segment = self.control.segment(*direction, b"");
                segment.flags |= RST;
                self.deliver(*direction, &segment);
            }
            Turn::Wait(_) => unreachable!("no conversation waits here"),
        }
    }

    /// Sends bytes in pieces, some of them twice, some of them behind others' bytes or too early.
    fn send(&mut self, direction: Direction, bytes: &[u8]) {
        let mut sent = 0;
        while sent < bytes.len() {
            let choice = self.choose();
            let left = bytes.len() - sent;
            let length = match choice & 7 {
                0 => left,
                few => left.min(usize::from(few) * 2),
            };
            let after = &bytes[sent + length..];
            let mut early = 0;
            if choice >> 4 == 3 && self.may_be_early(direction, after) {
                early = self.early(direction, length, after);
            }
            // What fills the gap may repeat some of what came early.
            let again = early.min(usize::from(choice >> 2 & 3));
            let segment = self
                .control
                .segment(direction, &bytes[sent..sent + length + again]);
            assert_eq!(self.deliver(direction, &segment), Verdict::Pass, "in order");
            sent += length + early;
            let next = &mut self.control.next[direction as usize];
            *next = segment.end().wrapping_add((early - again) as u32);
            if choice >> 4 == 1 {
                // Again, and with other bytes, which nobody reads.
                self.deliver(direction, &segment);
                let mut other = segment.clone();
                other.payload.fill(b'\n');
                self.deliver(direction, &other);
            }
        }
    }

    /// Whether what is beyond a gap waits.
    fn may_be_early(&self, direction: Direction, after: &[u8]) -> bool {
        let Some(entry) = self.tracker.sessions.get(&self.control.key()) else {
            return false;
        };
        let session = &entry.session;
        let too_soon = direction == FromClient && session.conversation.awaits_greeting();
        !after.is_empty() && !too_soon && session.is_readable()
    }

    /// Sends what comes behind the next `length` bytes. It has to be held back, or is kept; gives how
    /// much of it need not come again.
    fn early(&mut self, direction: Direction, length: usize, after: &[u8]) -> usize {
        if !self.observes {
            self.ahead(direction, length, after);
            return 0;
        }
        let mut sent = 0;
        for _ in 0..3 {
            let choice = usize::from(self.choose());
            let end = after.len().min(sent + 1 + (choice & 31));
            if end == sent {
                break;
            }
            // Some come twice, in other pieces.
            let start = sent.saturating_sub(choice >> 5);
            self.ahead(direction, length + start, &after[start..end]);
            self.kept += 1;
            sent = end;
            if choice & 3 == 0 {
                self.ahead(direction, length, &after[..1 + choice % sent]);
            }
        }
        sent
    }

    /// Sends what comes behind the next `length` bytes, which are still missing.
    fn ahead(&mut self, direction: Direction, length: usize, payload: &[u8]) {
        let mut segment = self.control.segment(direction, payload);
        segment.sequence = segment.sequence.wrapping_add(length as u32);
        let expect = if self.observes {
            Verdict::Pass
        } else {
            Verdict::Drop
        };
        let verdict = self.deliver(direction, &segment);
        assert_eq!(verdict, expect, "beyond a gap");
    }

    fn check(mut self, transcript: &Transcript) -> Played {
        let client = if transcript.v6 { CLIENT_V6 } else { CLIENT_V4 };
        let expect = Reference::new(client).notes(&transcript.turns);
        let events = self.tracker.events();
        let notes: Vec<String> = events.iter().filter_map(note).collect();
        let (counted, told): (Vec<_>, Vec<_>) = expect
            .iter()
            .cloned()
            .partition(|note| note.starts_with("counted "));
        assert_eq!(notes, told, "events");
        assert_eq!(self.tracker.lost(), 0, "lost events");
        self.check_counters(&counted, &told);
        let made = notes
            .iter()
            .filter(|note| note.starts_with("made "))
            .count();
        self.check_maps(&told);
        Played {
            expectations: made as u64,
            segments: self.segments,
            kept: self.kept,
        }
    }

    /// Every count is accounted for.
    fn check_counters(&self, counted: &[String], told: &[String]) {
        let mut expect: BTreeMap<&str, u64> = BTreeMap::new();
        *expect.entry("control_port").or_default() += 1;
        for note in counted {
            *expect.entry(&note["counted ".len()..]).or_default() += 1;
        }
        for note in told.iter().filter(|note| note.starts_with("refused ")) {
            let reason = note.rsplit(' ').next().expect("a reason");
            *expect.entry(reason).or_default() += 1;
        }
        let by_segment = [
            Reason::Retransmission,
            Reason::HeldBack,
            Reason::Kept,
            Reason::AfterEnd,
            Reason::Opaque,
            Reason::NotFtp,
        ];
        for (reason, count) in self.tracker.counts() {
            let least = expect.remove(reason.name()).unwrap_or(0);
            if by_segment.contains(&reason) {
                assert!(count >= least, "{}: {count} of {least}", reason.name());
            } else {
                assert_eq!(count, least, "{}", reason.name());
            }
        }
        let left: Vec<_> = expect.into_iter().collect();
        assert!(left.is_empty(), "not counted: {left:?}");
        let held = self.tracker.count(Reason::HeldBack);
        assert_eq!(self.dropped, held, "dropped, but not held back");
        assert!(!self.observes || held == 0, "held back");
        assert_eq!(self.tracker.count(Reason::Kept), self.kept, "kept");
    }

    /// One connection fills one place of each map, and only what is expected comes in.
    fn check_maps(&mut self, told: &[String]) {
        assert_eq!(self.tracker.sessions.entries().len(), 1);
        let announced = self.tracker.expectations.entries();
        let waiting = announced.iter().filter(|(_, value)| value.id != 0).count();
        assert!(
            waiting <= 1 && announced.len() <= 2,
            "{} expectations, {waiting} of them armed",
            announced.len()
        );
        assert!(self.tracker.flows.entries().is_empty());
        let mut pending = None;
        for note in told {
            match note.split_once(' ') {
                Some(("made", what)) => pending = Some(what.to_owned()),
                Some(("ended", _)) if Some(note_target(note)) == pending.as_deref() => {
                    pending = None
                }
                _ => {}
            }
        }
        let (client, server) = (self.control.client, self.control.server);
        for port in PORTS {
            for (from, to, interface, kinds) in [
                (client, server, LAN, ["PASV", "EPSV"]),
                (server, client, WAN, ["PORT", "EPRT"]),
            ] {
                let source = SocketAddr::new(from.ip(), 20_000);
                let to = SocketAddr::new(to.ip(), port);
                let probe = Segment::new(source, to, SYN);
                let before = self.tracker.count(Reason::Expected);
                let verdict = self.tracker.run(&probe.frame(), interface);
                let is_expected = kinds
                    .iter()
                    .any(|kind| pending.as_deref() == Some(&*format!("{kind} {port}")));
                let expect = if is_expected || self.observes {
                    Verdict::Pass
                } else {
                    Verdict::Drop
                };
                let what = format!("a SYN from {source} to {to}; {pending:?}");
                assert_eq!(verdict, expect, "{what}");
                let counted = self.tracker.count(Reason::Expected) - before;
                // A server that connects where nothing waits for its reply has accepted the request.
                let may_be_invited = self.observes && interface == WAN;
                if is_expected || !may_be_invited {
                    assert_eq!(counted, u64::from(is_expected), "{what}");
                }
            }
        }
        self.tracker.events();
    }
}

/// What a note about an expectation's end is about: `PASV 5001` of `ended PASV 5001 quit`.
fn note_target(note: &str) -> &str {
    let rest = note.split_once(' ').map_or("", |(_, rest)| rest);
    rest.rsplit_once(' ').map_or(rest, |(what, _)| what)
}

/// An event in the words of the transcripts.
fn note(event: &Event) -> Option<String> {
    let reason = || Reason::from_number(event.reason).expect("a reason").name();
    let port = event.tuple.destination_port;
    let kind = || {
        ExpectationKind::of_request(event.request)
            .expect("a kind")
            .name()
    };
    match EventKind::from_number(event.kind).expect("a kind of event") {
        EventKind::ExpectationNew => Some(format!("made {} {port}", kind())),
        EventKind::ExpectationEnd => Some(format!("ended {} {port} {}", kind(), reason())),
        EventKind::Refused => {
            let name = RequestKind::from_number(event.request)
                .expect("a request")
                .name();
            Some(format!("refused {name} {port} {}", reason()))
        }
        EventKind::SessionNew | EventKind::SessionEnd => None,
        other => panic!("{} before any data connection", other.name()),
    }
}
