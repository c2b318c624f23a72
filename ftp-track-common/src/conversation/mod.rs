//! Who asked what, and what was answered: commands and replies of one control connection.

mod answer;

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    command::Command,
    expectation::Pending,
    invitation::Invitation,
    outcome::{Announcement, Outcome},
    reason::Reason,
    request::{Request, RequestKind, Requests, THIRD},
};

/// Ports below it are never expected: services live there.
pub const LOWEST_PORT: u16 = 1024;

/// Commands without an answer are given up after such a silence, in nanoseconds.
pub const STALE_TIME: u64 = 10_000_000_000;

/// [`Conversation::trials`] at the beginning.
const TRIALS: u8 = 2;

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
    /// Commands up to the last one that found no room among the requests.
    forgotten: u32,
    /// Commands up to the last PORT or EPRT that names a third host.
    third_until: u32,
    /// The third host that it names.
    third: Address,
    flags: u8,
    /// Of a connection that was picked up in its middle: so many lines without a verb of FTP, less
    /// one, may come before the first one with it.
    trials: u8,
    reserved: [u8; 2],
}

impl Conversation {
    /// A conversation from its start (`handshake`) or one that goes on.
    #[inline(always)]
    pub fn open(&mut self, handshake: bool) {
        self.trials = if handshake { 0 } else { TRIALS };
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

    /// Whether the client's first line was seen, or the connection was picked up behind it.
    #[inline(always)]
    pub const fn has_spoken(&self) -> bool {
        self.has(SPOKEN)
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

    /// Whether the command that is to be answered next is not remembered, but may be one that would
    /// have mattered.
    #[inline(always)]
    fn answers_forgotten(&self) -> bool {
        let remembered = match self.requests.front() {
            Some(request) => request.index == self.answered,
            None => false,
        };
        !remembered && self.forgotten.wrapping_sub(self.answered) as i32 > 0
    }

    /// How many of them are remembered, because their answer matters; at most
    /// [`crate::request::CAPACITY`].
    #[inline(always)]
    pub const fn remembered(&self) -> u8 {
        self.requests.len()
    }

    /// The client sent bytes. Before the greeting only something else than FTP does that (NAT
    /// slipstreaming: a browser that is made to send PORT).
    #[inline(always)]
    pub fn client_speaks(&mut self) {
        if !self.has(GREETED) {
            self.flags |= NOT_FTP;
        }
    }

    /// Takes a command of the client. `refusal` is what [`crate::rule::Rule::judge_command`] says of
    /// it, as a number.
    #[inline(always)]
    pub fn command(&mut self, command: &Command, refusal: u8, now: u64) -> Outcome {
        if self.has(NOT_FTP) {
            return Outcome::count(Reason::NotFtp);
        }
        if matches!(command, Command::Empty) {
            return Outcome::nothing();
        }
        if self.is_foreign(command) {
            self.flags |= NOT_FTP;
            let mut outcome = self.end(Reason::NotFtp);
            outcome.counted = Reason::NotFtp as u8;
            return outcome;
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
        let Some(mut request) = request_of(command, refusal) else {
            return outcome;
        };
        request.index = index;
        outcome.subject = request.kind & !THIRD;
        if request.is_third() && request.refusal == 0 {
            request.refusal = self.name_third(command);
        }
        if request.refusal != 0 {
            outcome.refused = announcement(&request, 0);
        }
        if !self.requests.push(request) {
            outcome.counted = Reason::TooManyRequests as u8;
            self.forgotten = self.commands;
            if request.is_active() || request.is_passive() {
                outcome.refused = announcement(&request, Reason::TooManyRequests as u8);
            }
        } else if request.is_active() && !request.is_third() && request.refusal == 0 {
            outcome.withdrawn = self.invitation.send(request.port);
            outcome.invited = request.port;
        }
        if self.answered == index && request.supersedes() {
            outcome.ended = self.end_pending(end_reason(&request));
        }
        outcome
    }

    /// Keeps the third host that a PORT or EPRT names. There is room for one: while it waits for its
    /// answer, another one is refused. Gives the number of the reason, or 0.
    #[inline(always)]
    fn name_third(&mut self, command: &Command) -> u8 {
        let (Command::Port(address, _) | Command::Eprt(address, _)) = command else {
            return 0;
        };
        let waits = self.third_until.wrapping_sub(self.answered) as i32 > 0;
        if waits && !self.third.same(address) {
            return Reason::TooManyRequests as u8;
        }
        self.third = *address;
        self.third_until = self.commands;
        0
    }

    /// Whether a line shows that the client does not speak FTP: the first one without a verb of FTP,
    /// or one of another protocol's headers. A browser can be made to begin with any verb, but not to
    /// leave its headers out.
    #[inline(always)]
    fn is_foreign(&mut self, command: &Command) -> bool {
        let header = matches!(command, Command::Header);
        let unknown = header || matches!(command, Command::Unknown);
        let first = !self.has(SPOKEN);
        self.flags |= SPOKEN;
        if self.trials == 0 {
            return header || (first && unknown);
        }
        // The first may be the rest of a line.
        self.trials = if unknown { self.trials - 1 } else { 0 };
        unknown && self.trials == 0
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
fn request_of(command: &Command, refusal: u8) -> Option<Request> {
    let (kind, port) = match command {
        Command::Port(_, port) => (RequestKind::Port, *port),
        Command::Eprt(_, port) => (RequestKind::Eprt, *port),
        Command::MalformedPort => (RequestKind::Port, 0),
        Command::MalformedEprt => (RequestKind::Eprt, 0),
        Command::Pasv => (RequestKind::Pasv, 0),
        Command::Epsv => (RequestKind::Epsv, 0),
        Command::EpsvAll => (RequestKind::EpsvAll, 0),
        Command::Auth => (RequestKind::Auth, 0),
        Command::Rein => (RequestKind::Rein, 0),
        Command::Quit => (RequestKind::Quit, 0),
        Command::Abor => (RequestKind::Abor, 0),
        Command::Empty | Command::Other | Command::Unknown | Command::Header => return None,
    };
    let third = refusal == Reason::ThirdHost as u8;
    Some(Request {
        index: 0,
        port,
        kind: kind as u8 | if third { THIRD } else { 0 },
        refusal: if third { 0 } else { refusal },
    })
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
        kind: request.kind & !THIRD,
        reason: if reason != 0 { reason } else { request.refusal },
    }
}
