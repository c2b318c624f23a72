//! What the parsers have finished: a command, or a line of a reply.

use super::Session;
use crate::{
    command::Command,
    outcome::{Announcement, Outcome},
    reason::Reason,
    reply::Reply,
};

impl Session {
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
}
