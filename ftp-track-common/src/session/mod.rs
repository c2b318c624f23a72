//! One control connection: both byte streams, the conversation, and its end.
//!
//! A segment goes this way: [`Session::receive`] takes its header and says what is to be done
//! ([`Step`]). If it is to be parsed, its direction is claimed; each line that the parser finishes
//! goes to [`Session::command`] or [`Session::reply`]; [`Session::commit`] gives the claim back.

mod claim;
mod confirmation;
mod end;
mod kept;
mod line;
mod step;

use bytemuck::{Pod, Zeroable};

pub use self::{confirmation::CONFIRMATION, end::LINGER, step::Step};
use crate::{
    client::Share,
    command::CommandLine,
    conversation::Conversation,
    handshake::Handshake,
    policy::Binding,
    reason::Reason,
    reply::ReplyLine,
    sequence::Sequence,
    tuple::{Direction, SessionKey},
};

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

    /// What every session begins with.
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

    /// Whether the direction may be parsed on: the conversation can turn opaque, or out not to be
    /// FTP, in the middle of a segment.
    #[inline(always)]
    pub fn is_readable(&self) -> bool {
        !self.conversation.is_opaque() && !self.conversation.is_not_ftp() && self.ended == 0
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

    /// The direction's stream.
    #[inline(always)]
    fn own(&mut self, direction: Direction) -> &mut Sequence {
        match direction {
            Direction::FromClient => &mut self.sequences[0],
            Direction::FromServer => &mut self.sequences[1],
        }
    }
}
