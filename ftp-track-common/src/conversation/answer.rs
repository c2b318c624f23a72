//! The server's side of the conversation: what a reply answers, and what comes of it.

use super::{
    Conversation, EPSV_ALL, GREETED, LAST_COMMAND, NOT_FTP, OPAQUE, PRELIMINARY, STALE_TIME,
    announcement, end_reason,
};
use crate::{
    history::{CLOSING, GREETING},
    outcome::{Announcement, Outcome},
    reason::Reason,
    reply::{self, Reply},
    request::{Request, RequestKind, THIRD},
};

impl Conversation {
    /// Takes a line of the server. `refusal` is what [`crate::rule::Rule::judge_reply`] says of it, as
    /// a number. Expectations made by it end `lifetime` nanoseconds from now.
    #[inline(always)]
    pub fn reply(&mut self, reply: &Reply, refusal: u8, lifetime: u64, now: u64) -> Outcome {
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
            let mut outcome = self.end(Reason::ServiceClosing);
            outcome.subject = CLOSING;
            outcome.code = code;
            return outcome;
        }
        let mut outcome = if code == reply::PASSIVE || code == reply::EXTENDED_PASSIVE {
            self.passive(port, refusal, lifetime, now)
        } else {
            self.answer(code, lifetime, now)
        }
        .forgotten(now);
        outcome.code = code;
        let ended = self.begin_next();
        if ended.id != 0 {
            if ended.id == outcome.made.id {
                // The next command voids it at once: it never was, and its invitation is over.
                if outcome.made.kind <= RequestKind::Eprt as u8 {
                    outcome.withdrawn = outcome.made.port;
                }
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
        let mut outcome = Outcome::nothing();
        outcome.subject = GREETING;
        outcome.code = code;
        if code < 300 {
            self.flags |= GREETED;
        } else {
            self.flags |= NOT_FTP;
            outcome.counted = Reason::NotFtp as u8;
        }
        outcome
    }

    /// A 227 or 229. No other command has such an answer, so it finds its PASV or EPSV even if the
    /// server left an earlier command without a reply.
    #[inline(always)]
    fn passive(&mut self, port: Option<u16>, refusal: u8, lifetime: u64, now: u64) -> Outcome {
        if self.outstanding() != 0 && self.answers_forgotten() {
            self.answered = self.answered.wrapping_add(1);
            return Outcome::count(Reason::TooManyRequests);
        }
        let Some(request) = self.requests.take_passive() else {
            return Outcome::count(Reason::UnrequestedPassive);
        };
        self.answered = request.index.wrapping_add(1);
        let refusal = match port {
            None => Reason::MalformedReply as u8,
            Some(_) if self.has(EPSV_ALL) && request.is(RequestKind::Pasv) => {
                Reason::AfterEpsvAll as u8
            }
            Some(_) => refusal,
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
            _ if code == 234 && self.answers_forgotten() => {
                // Only AUTH has such an answer (RFC 2228, 5.3).
                self.flags |= OPAQUE;
                self.requests.clear();
                let mut outcome = self.consume();
                outcome.ended = self.end_pending(Reason::SecuredByAuth);
                return outcome;
            }
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
        outcome.subject = request.kind & !THIRD;
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
        let mut outcome = Outcome::nothing();
        outcome.subject = request.kind & !THIRD;
        let is_used = request.refusal == Reason::Used as u8;
        if request.refusal != 0 && !is_used {
            // It was reported when it was sent. If the server obeys it, what was pending is void.
            // An invitation to its port is a later command's.
            outcome.ended = self.end_pending(Reason::Replaced);
            return outcome;
        }
        let withdrawn = if !request.is_third() && self.invitation.is_to(request.port) {
            self.invitation.withdraw()
        } else {
            0
        };
        if is_used {
            return outcome;
        }
        let refusal = if code >= 300 {
            Reason::RefusedByServer
        } else if self.has(EPSV_ALL) {
            Reason::AfterEpsvAll
        } else {
            Reason::None
        };
        outcome = self.settle(request, refusal as u8, lifetime, now);
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
        let invites = request.is_active() && !request.is_third();
        let waits = invites && request.refusal == 0 && request.port == port;
        if !waits || !self.invitation.is_to(port) {
            return Err(Reason::Replaced);
        }
        if self.has(EPSV_ALL) {
            return Err(Reason::AfterEpsvAll);
        }
        self.invitation.knock(first, patience, now)?;
        let outcome = self.settle(&request, 0, STALE_TIME, now);
        self.requests.mark_front(Reason::Used as u8);
        self.pending.take(outcome.made.id, now)?;
        Ok(outcome.made.id)
    }

    /// A PORT, PASV, EPRT or EPSV has its answer: it makes an expectation unless it is refused.
    #[inline(always)]
    fn settle(&mut self, request: &Request, refusal: u8, lifetime: u64, now: u64) -> Outcome {
        let mut outcome = Outcome::nothing();
        outcome.subject = request.kind & !THIRD;
        outcome.ended = self.end_pending(Reason::Replaced);
        if refusal != 0 {
            outcome.refused = announcement(request, refusal);
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
        self.pending.third = self.third;
        outcome.made = announcement(request, 0);
        outcome.made.kind = request.kind;
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
}

/// Codes with which servers answer ABOR (RFC 959, 5.4).
#[inline(always)]
const fn answers_abor(code: u16) -> bool {
    code >= 400 || code == 225 || code == 226
}

#[inline(always)]
fn refusal_outcome(request: &Request, reason: Reason) -> Outcome {
    let mut outcome = Outcome::nothing();
    outcome.subject = request.kind & !THIRD;
    outcome.refused = announcement(request, reason as u8);
    outcome
}
