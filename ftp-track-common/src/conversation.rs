//! Who asked what, and what was answered: commands and replies of one control connection.

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    command::Command,
    expectation::Pending,
    invitation::Invitation,
    outcome::{Announcement, Outcome},
    reason::Reason,
    reply::{self, Reply},
    request::{Request, RequestKind, Requests},
};

/// Ports below it are never expected: services live there.
pub const LOWEST_PORT: u16 = 1024;

/// Commands without an answer are given up after such a silence, in nanoseconds.
pub const STALE_TIME: u64 = 10_000_000_000;

/// The handshake was seen, so that the greeting is due.
const HANDSHAKE: u8 = 1;
/// The server has greeted (RFC 959, 5.4: 220), or the connection was picked up behind it.
const GREETED: u8 = 2;
/// This is no FTP, whatever the port says.
const NOT_FTP: u8 = 4;
/// AUTH was accepted: what follows is not for us to read.
const OPAQUE: u8 = 8;
/// EPSV ALL was accepted.
const EPSV_ALL: u8 = 16;
/// The client's first line was seen.
const SPOKEN: u8 = 32;
/// The client will send no more (FIN).
const LAST_COMMAND: u8 = 64;
/// A 1yz reply announced another one.
const PRELIMINARY: u8 = 128;

/// The conversation's state.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Conversation {
    requests: Requests,
    /// The expectation that waits or is in use.
    pub pending: Pending,
    /// The PORT or EPRT that waits for its answer.
    invitation: Invitation,
    /// When the last line came.
    last_line: u64,
    /// Commands seen.
    pub commands: u32,
    /// Commands that have their final reply.
    pub answered: u32,
    /// Expectations made so far; the newest one's number.
    pub expectations: u32,
    flags: u8,
    reserved: [u8; 3],
}

impl Conversation {
    /// A conversation from its start (`handshake`) or one that goes on.
    #[inline(always)]
    pub fn open(&mut self, handshake: bool) {
        self.flags = if handshake {
            HANDSHAKE
        } else {
            GREETED | SPOKEN
        };
    }

    #[inline(always)]
    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether AUTH made the connection opaque.
    #[inline(always)]
    pub const fn is_opaque(&self) -> bool {
        self.has(OPAQUE)
    }

    /// Whether the peers turned out not to speak FTP.
    #[inline(always)]
    pub const fn is_not_ftp(&self) -> bool {
        self.has(NOT_FTP)
    }

    /// Whether EPSV ALL is in force.
    #[inline(always)]
    pub const fn is_epsv_all(&self) -> bool {
        self.has(EPSV_ALL)
    }

    /// Whether the server's greeting is still due.
    #[inline(always)]
    pub const fn awaits_greeting(&self) -> bool {
        !self.has(GREETED)
    }

    /// Commands without a final reply.
    #[inline(always)]
    pub const fn outstanding(&self) -> u32 {
        self.commands.wrapping_sub(self.answered)
    }

    /// The client sent bytes. Before the greeting only something else than FTP does that (NAT
    /// slipstreaming: a browser that is made to send PORT).
    #[inline(always)]
    pub fn client_speaks(&mut self) {
        if !self.has(GREETED) {
            self.flags |= NOT_FTP;
        }
    }

    /// Takes a command of the client. `own` is the client's address.
    #[inline(always)]
    pub fn command(&mut self, command: &Command, own: &Address, now: u64) -> Outcome {
        if self.has(NOT_FTP) {
            return Outcome::count(Reason::NotFtp);
        }
        if matches!(command, Command::Empty) {
            return Outcome::nothing();
        }
        if !self.has(SPOKEN) {
            self.flags |= SPOKEN;
            if matches!(command, Command::Unknown) {
                self.flags |= NOT_FTP;
                return Outcome::count(Reason::NotFtp);
            }
        }
        let mut outcome = Outcome::nothing();
        if self.outstanding() != 0
            && !self.has(PRELIMINARY)
            && now.saturating_sub(self.last_line) > STALE_TIME
        {
            self.requests.clear();
            self.answered = self.commands;
            outcome.counted = Reason::StaleCommands as u8;
        }
        self.last_line = now;
        let index = self.commands;
        self.commands = self.commands.wrapping_add(1);
        let Some(mut request) = request_of(command, own) else {
            return outcome;
        };
        request.index = index;
        if request.refusal != 0 {
            outcome.refused = announcement(&request, 0);
        }
        if !self.requests.push(request) {
            outcome.counted = Reason::TooManyRequests as u8;
            if request.is_active() || request.is_passive() {
                outcome.refused = announcement(&request, Reason::TooManyRequests as u8);
            }
        } else if request.is_active() && request.refusal == 0 {
            outcome.withdrawn = self.invitation.send(request.port);
            outcome.invited = request.port;
        }
        if self.answered == index && request.supersedes() {
            outcome.ended = self.end_pending(end_reason(&request));
        }
        outcome
    }

    /// Takes a line of the server. Expectations made by it end `lifetime` nanoseconds from now.
    #[inline(always)]
    pub fn reply(&mut self, reply: &Reply, lifetime: u64, now: u64) -> Outcome {
        let (code, port) = match *reply {
            Reply::Unfinished => return Outcome::nothing(),
            Reply::Malformed => return self.not_a_reply(),
            Reply::Final { code, port } => (code, port),
        };
        self.last_line = now;
        if code < 200 {
            self.flags |= PRELIMINARY;
            return Outcome::nothing();
        }
        self.flags &= !PRELIMINARY;
        if !self.has(GREETED) {
            return self.greeting(code);
        }
        if self.has(NOT_FTP) {
            return Outcome::count(Reason::NotFtp);
        }
        if code == 421 {
            return self.end(Reason::ServiceClosing);
        }
        let mut outcome = if code == reply::PASSIVE || code == reply::EXTENDED_PASSIVE {
            self.passive(port, lifetime, now)
        } else {
            self.answer(code, lifetime, now)
        }
        .forgotten(now);
        let ended = self.begin_next();
        if ended.id != 0 {
            if ended.id == outcome.made.id {
                // The next command voids it at once: it never was.
                outcome.made = Announcement::default();
            } else {
                outcome.ended = ended;
            }
        }
        outcome
    }

    #[inline(always)]
    fn not_a_reply(&mut self) -> Outcome {
        if !self.has(GREETED) {
            self.flags |= NOT_FTP;
        }
        Outcome::count(Reason::NotAReply)
    }

    #[inline(always)]
    fn greeting(&mut self, code: u16) -> Outcome {
        if code < 300 {
            self.flags |= GREETED;
            return Outcome::nothing();
        }
        self.flags |= NOT_FTP;
        Outcome::count(Reason::NotFtp)
    }

    /// A 227 or 229. No other command has such an answer, so it finds its PASV or EPSV even if the
    /// server left an earlier command without a reply.
    #[inline(always)]
    fn passive(&mut self, port: Option<u16>, lifetime: u64, now: u64) -> Outcome {
        let Some(request) = self.requests.take_passive() else {
            return Outcome::count(Reason::UnrequestedPassive);
        };
        self.answered = request.index.wrapping_add(1);
        let refusal = match port {
            None => Reason::MalformedReply,
            Some(_) if self.has(EPSV_ALL) && request.is(RequestKind::Pasv) => Reason::AfterEpsvAll,
            Some(port) if port < LOWEST_PORT => Reason::LowPort,
            Some(_) => Reason::None,
        };
        let port = port.unwrap_or(0);
        self.settle(&Request { port, ..request }, refusal, lifetime, now)
    }

    /// Any other final reply: it answers the oldest command.
    #[inline(always)]
    fn answer(&mut self, code: u16, lifetime: u64, now: u64) -> Outcome {
        if self.outstanding() == 0 {
            return Outcome::count(Reason::StrayReply);
        }
        let front = self.requests.front();
        let mut request = match front {
            Some(request) if request.index == self.answered => request,
            _ => return self.consume(),
        };
        if request.is(RequestKind::Abor) && !answers_abor(code) && self.outstanding() > 1 {
            // The server gave the two replies of ABOR as one (RFC 959, 4.1.3): this reply is for
            // the command behind it.
            self.requests.pop();
            self.answered = self.answered.wrapping_add(1);
            request = match self.requests.front() {
                Some(next) if next.index == self.answered => next,
                _ => return self.consume(),
            };
        }
        if request.is_passive() {
            if code < 400 {
                return Outcome::count(Reason::StrayReply);
            }
            self.requests.pop();
            self.answered = self.answered.wrapping_add(1);
            return refusal_outcome(&request, Reason::RefusedByServer);
        }
        if request.is_active() {
            return self.answer_active(&request, code, lifetime, now);
        }
        self.requests.pop();
        let mut outcome = self.consume();
        if request.is(RequestKind::Auth) && code == 234 {
            self.flags |= OPAQUE;
            self.requests.clear();
            outcome.ended = self.end_pending(Reason::SecuredByAuth);
        } else if request.is(RequestKind::EpsvAll) && code < 300 {
            self.flags |= EPSV_ALL;
        } else if request.is(RequestKind::Rein) {
            if code < 300 {
                self.flags &= !EPSV_ALL;
            }
            // Not void yet only if the command before it was an ABOR that got no reply.
            outcome.ended = self.end_pending(Reason::Reinitialised);
        } else if request.is(RequestKind::Quit) {
            outcome.ended = self.end_pending(Reason::Quit);
        }
        outcome
    }

    #[inline(always)]
    fn answer_active(&mut self, request: &Request, code: u16, lifetime: u64, now: u64) -> Outcome {
        if code == 225 || code == 226 {
            // The end of a transfer or of an ABOR, never the answer to PORT.
            return Outcome::count(Reason::StrayReply);
        }
        self.requests.pop();
        self.answered = self.answered.wrapping_add(1);
        let withdrawn = if self.invitation.is_to(request.port) {
            self.invitation.withdraw()
        } else {
            0
        };
        if request.refusal == Reason::Used as u8 {
            return Outcome::nothing();
        }
        if request.refusal != 0 {
            // It was reported when it was sent. If the server obeys it, what was pending is void.
            let mut outcome = Outcome::nothing();
            outcome.ended = self.end_pending(Reason::Replaced);
            return outcome;
        }
        let refusal = if code >= 300 {
            Reason::RefusedByServer
        } else if self.has(EPSV_ALL) {
            Reason::AfterEpsvAll
        } else {
            Reason::None
        };
        let mut outcome = self.settle(request, refusal, lifetime, now);
        if outcome.made.id == 0 {
            outcome.withdrawn = withdrawn;
        }
        outcome
    }

    /// The server connects to `port` before it has answered the PORT or EPRT that is next in line
    /// (see [`crate::invitation`]). Once that counts as its answer, the expectation is made and
    /// used at once; gives its number.
    #[inline(always)]
    pub fn connect_early(
        &mut self,
        port: u16,
        first: u32,
        patience: u64,
        now: u64,
    ) -> Result<u32, Reason> {
        let request = match self.requests.front() {
            Some(request) if request.index == self.answered => request,
            _ => return Err(Reason::BeforeAnswer),
        };
        let waits = request.is_active() && request.refusal == 0 && request.port == port;
        if !waits || !self.invitation.is_to(port) {
            return Err(Reason::Replaced);
        }
        if self.has(EPSV_ALL) {
            return Err(Reason::AfterEpsvAll);
        }
        self.invitation.knock(first, patience, now)?;
        let outcome = self.settle(&request, Reason::None, STALE_TIME, now);
        self.requests.mark_front(Reason::Used as u8);
        self.pending.take(outcome.made.id, now)?;
        Ok(outcome.made.id)
    }

    /// A PORT, PASV, EPRT or EPSV has its answer: it makes an expectation unless it is refused.
    #[inline(always)]
    fn settle(&mut self, request: &Request, refusal: Reason, lifetime: u64, now: u64) -> Outcome {
        let mut outcome = Outcome::nothing();
        outcome.ended = self.end_pending(Reason::Replaced);
        if refusal as u8 != 0 {
            outcome.refused = announcement(request, refusal as u8);
            return outcome;
        }
        self.expectations = self.expectations.wrapping_add(1);
        if self.expectations == 0 {
            self.expectations = 1;
        }
        self.pending.arm(
            self.expectations,
            request.kind,
            request.port,
            now.saturating_add(lifetime),
        );
        outcome.made = announcement(request, 0);
        outcome.made.id = self.expectations;
        outcome
    }

    #[inline(always)]
    fn consume(&mut self) -> Outcome {
        self.answered = self.answered.wrapping_add(1);
        Outcome::nothing()
    }

    /// The server now gets to the next command: if that one sets up a new data connection, what
    /// was set up before is void. Until then a transfer that was sent before it may still need it.
    #[inline(always)]
    fn begin_next(&mut self) -> Announcement {
        match self.requests.front() {
            Some(request) if request.index == self.answered && request.supersedes() => {
                self.end_pending(end_reason(&request))
            }
            None if self.has(LAST_COMMAND) && self.outstanding() == 0 => {
                self.end_pending(Reason::ControlClosed)
            }
            _ => Announcement::default(),
        }
    }

    /// The client has sent its FIN: what it asked for before is still answered.
    #[inline(always)]
    pub fn client_finished(&mut self) -> Outcome {
        let mut outcome = Outcome::nothing();
        self.flags |= LAST_COMMAND;
        if self.outstanding() == 0 {
            outcome.ended = self.end_pending(Reason::ControlClosed);
        }
        outcome
    }

    /// Bytes of either side were lost to us: which reply is whose is no longer known, so nothing
    /// that was asked before can be answered.
    #[inline(always)]
    pub fn resynchronised(&mut self) -> Outcome {
        self.requests.clear();
        self.answered = self.commands;
        Outcome::count(Reason::Resynchronised)
    }

    /// Everything ends: the connection was closed or reset, or the server said 421.
    #[inline(always)]
    pub fn end(&mut self, reason: Reason) -> Outcome {
        let mut outcome = Outcome::nothing();
        outcome.ended = self.end_pending(reason);
        outcome.withdrawn = self.invitation.withdraw();
        self.requests.clear();
        self.answered = self.commands;
        outcome
    }

    /// Ends the pending expectation, if there is one. Of one that a data connection has used, the
    /// reason is that.
    #[inline(always)]
    pub fn end_pending(&mut self, reason: Reason) -> Announcement {
        if !self.pending.is_some() {
            return Announcement::default();
        }
        let reason = if self.pending.is_used() {
            Reason::Used
        } else {
            reason
        };
        self.pending.clear();
        Announcement {
            id: self.pending.id,
            port: self.pending.port,
            kind: self.pending.kind,
            reason: reason as u8,
        }
    }
}

#[inline(always)]
fn request_of(command: &Command, own: &Address) -> Option<Request> {
    let (kind, port, refusal) = match command {
        Command::Port(address, port) => (RequestKind::Port, *port, active(address, *port, own)),
        Command::Eprt(address, port) => (RequestKind::Eprt, *port, active(address, *port, own)),
        Command::Malformed => (RequestKind::Port, 0, Reason::MalformedCommand),
        Command::Pasv => (RequestKind::Pasv, 0, Reason::None),
        Command::Epsv => (RequestKind::Epsv, 0, Reason::None),
        Command::EpsvAll => (RequestKind::EpsvAll, 0, Reason::None),
        Command::Auth => (RequestKind::Auth, 0, Reason::None),
        Command::Rein => (RequestKind::Rein, 0, Reason::None),
        Command::Quit => (RequestKind::Quit, 0, Reason::None),
        Command::Abor => (RequestKind::Abor, 0, Reason::None),
        Command::Empty | Command::Other | Command::Unknown => return None,
    };
    Some(Request {
        index: 0,
        port,
        kind: kind as u8,
        refusal: refusal as u8,
    })
}

/// Why PORT or EPRT is refused before the server has its say (RFC 2577, 3; CVE-1999-0017).
#[inline(always)]
fn active(address: &Address, port: u16, own: &Address) -> Reason {
    if !address.same(own) {
        Reason::Bounce
    } else if port < LOWEST_PORT {
        Reason::LowPort
    } else {
        Reason::None
    }
}

/// Codes with which servers answer ABOR (RFC 959, 5.4).
#[inline(always)]
const fn answers_abor(code: u16) -> bool {
    code >= 400 || code == 225 || code == 226
}

#[inline(always)]
fn end_reason(request: &Request) -> Reason {
    if request.is(RequestKind::Rein) {
        Reason::Reinitialised
    } else if request.is(RequestKind::Quit) {
        Reason::Quit
    } else {
        Reason::Replaced
    }
}

#[inline(always)]
fn announcement(request: &Request, reason: u8) -> Announcement {
    Announcement {
        id: 0,
        port: request.port,
        kind: request.kind,
        reason: if reason != 0 { reason } else { request.refusal },
    }
}

#[inline(always)]
fn refusal_outcome(request: &Request, reason: Reason) -> Outcome {
    let mut outcome = Outcome::nothing();
    outcome.refused = announcement(request, reason as u8);
    outcome
}
