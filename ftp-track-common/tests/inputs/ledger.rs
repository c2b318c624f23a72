//! What has to hold after each line, from a bookkeeping of its own.

use std::{borrow::Cow, collections::VecDeque, net::IpAddr};

use ftp_track_common::{
    address::Address,
    command::Command,
    conversation::Conversation,
    outcome::Outcome,
    reply::{EXTENDED_PASSIVE, PASSIVE, Reply},
    request::{CAPACITY, RequestKind},
};

use crate::support::reference::{grammar, line};

/// The requests and announcements of one session.
#[derive(Debug)]
pub struct Ledger {
    own: IpAddr,
    /// Kind and port of what was asked and may be accepted; a PASV or EPSV has no port yet.
    asked: VecDeque<(u8, u16)>,
    /// Number and port of the expectation that lives.
    live: Option<(u32, u16)>,
    /// The port that waits for a reply.
    invited: Option<u16>,
    commands: u32,
    acceptable: u32,
}

impl Ledger {
    /// Nothing was asked by the client at `own`.
    pub fn new(own: IpAddr) -> Self {
        Self {
            own,
            asked: VecDeque::new(),
            live: None,
            invited: None,
            commands: 0,
            acceptable: 0,
        }
    }

    /// The engine read `line` of the client, without its LF, as `command`.
    pub fn command(&mut self, line: &[u8], command: &Command) {
        self.commands += 1;
        let target =
            |host: &Address, port| Some((IpAddr::from(host.octets()).to_canonical(), port));
        let (kind, read) = match command {
            Command::Port(host, port) => (RequestKind::Port as u8, target(host, *port)),
            Command::Eprt(host, port) => (RequestKind::Eprt as u8, target(host, *port)),
            Command::MalformedPort => (RequestKind::Port as u8, None),
            Command::MalformedEprt => (RequestKind::Eprt as u8, None),
            Command::Pasv => (RequestKind::Pasv as u8, None),
            Command::Epsv => (RequestKind::Epsv as u8, None),
            _ => (u8::MAX, None),
        };
        let plain = without_telnet(line);
        let end = plain.iter().position(is_blank).unwrap_or(plain.len());
        let argument = trim(&plain[end..]);
        let is = |verb: &[u8]| plain[..end].eq_ignore_ascii_case(verb);
        let expect = if is(b"PORT") {
            let target = grammar::host_port(argument);
            let target = target.map(|(host, port)| (IpAddr::from(host), port));
            (RequestKind::Port as u8, target)
        } else if is(b"EPRT") {
            let target = grammar::extended_address(argument);
            let target = target.map(|(host, port)| (host.to_canonical(), port));
            (RequestKind::Eprt as u8, target)
        } else if is(b"PASV") {
            (RequestKind::Pasv as u8, None)
        } else if is(b"EPSV") && !argument.eq_ignore_ascii_case(b"ALL") {
            (RequestKind::Epsv as u8, None)
        } else {
            (u8::MAX, None)
        };
        assert_eq!((kind, read), expect, "{command:?}");
        let acceptable = match read {
            Some((host, port)) => host == self.own && port >= 1024,
            None => kind == RequestKind::Pasv as u8 || kind == RequestKind::Epsv as u8,
        };
        if acceptable {
            self.asked
                .push_back((kind, read.map_or(0, |(_, port)| port)));
            self.acceptable += 1;
        }
    }

    /// The engine read `line` of the server, without its LF, as `reply`.
    pub fn reply(&mut self, line: &[u8], reply: &Reply) {
        let Reply::Final { code, port } = *reply else {
            return;
        };
        assert!((100..700).contains(&code), "code {code}");
        if code == PASSIVE || code == EXTENDED_PASSIVE {
            assert_eq!(line::Line::Complete(code, port), line::reply(line));
        } else {
            assert_eq!(port, None, "a port in a reply with code {code}");
        }
    }

    /// What came of a command.
    pub fn after_command(&mut self, outcome: &Outcome) {
        self.ended(outcome);
        assert_eq!(outcome.made.id, 0, "made by a command");
        if outcome.invited != 0 {
            let last = self.asked.back().map(|&(_, port)| port);
            assert_eq!(Some(outcome.invited), last, "invited by another command");
            self.invited = last;
        }
    }

    /// What came of a reply.
    pub fn after_reply(&mut self, reply: &Reply, outcome: &Outcome) {
        self.ended(outcome);
        assert_eq!(outcome.invited, 0, "invited by a reply");
        let made = outcome.made;
        if made.id == 0 {
            return;
        }
        assert_eq!(self.live, None, "made while another one lives");
        assert!(made.port >= 1024, "made for port {}", made.port);
        let Reply::Final { code, port } = *reply else {
            panic!("made by {reply:?}");
        };
        let is_active = made.kind <= RequestKind::Eprt as u8;
        if is_active {
            assert!((200..300).contains(&code), "PORT accepted by {code}");
        } else {
            assert_eq!(port, Some(made.port), "not the announced port");
        }
        let wanted = (made.kind, if is_active { made.port } else { 0 });
        let place = self.asked.iter().position(|asked| *asked == wanted);
        let place = place.expect("made without a request");
        self.asked.drain(..=place);
        if is_active && self.invited == Some(made.port) {
            self.invited = None;
        }
        self.live = Some((made.id, made.port));
    }

    /// What ended, whatever did it.
    pub fn ended(&mut self, outcome: &Outcome) {
        if outcome.ended.id != 0 {
            let live = self.live.take();
            assert_eq!(live, Some((outcome.ended.id, outcome.ended.port)), "ended");
        }
        if outcome.withdrawn != 0 && self.invited == Some(outcome.withdrawn) {
            self.invited = None;
        }
    }

    /// The session's state is that of the books, and within its bounds.
    pub fn check(&self, conversation: &Conversation) {
        let pending = &conversation.pending;
        let pending = pending.is_some().then_some((pending.id, pending.port));
        assert_eq!(pending, self.live, "pending");
        assert!(conversation.commands <= self.commands);
        assert!(conversation.outstanding() <= conversation.commands);
        assert!(conversation.expectations <= self.acceptable);
        assert!(usize::from(conversation.remembered()) <= CAPACITY);
    }

    /// The session is over: nothing is left behind.
    pub fn close(&self) {
        assert_eq!(self.live, None, "an expectation without a session");
        assert_eq!(self.invited, None, "an invitation without a session");
    }
}

fn is_blank(byte: &u8) -> bool {
    b" \t\r".contains(byte)
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let Some((_, rest)) = text.split_first().filter(|(first, _)| is_blank(first)) {
        text = rest;
    }
    while let Some((_, rest)) = text.split_last().filter(|(last, _)| is_blank(last)) {
        text = rest;
    }
    text
}

fn without_telnet(line: &[u8]) -> Cow<'_, [u8]> {
    if line.contains(&u8::MAX) {
        line::without_telnet(line).into()
    } else {
        line.into()
    }
}
