//! Feeds a segment's payload to the parser of its direction, line by line.

use aya_ebpf::{cty::c_void, helpers::generated};
use ftp_track_common::{layout::SessionEntry, reply::Reply, rule::Rule};

use crate::{
    effect, feed,
    frame::Frame,
    kept,
    lock::Locked,
    opaque::{bounded, opaque},
    rule,
    scratch::{self, CHUNK},
};

/// Steps for the largest payload: a chunk or a line each.
const STEPS: u32 = 65_536;

/// A payload on its way into a parser.
#[repr(C)]
pub struct Reading<F> {
    /// Where the payload is.
    pub frame: F,
    /// The session, whose direction is claimed.
    pub entry: *mut SessionEntry,
    /// The session's rule.
    pub rule: *const Rule,
    /// The next byte's place in the frame, or in [`scratch::kept`].
    pub offset: u32,
    /// Bytes left.
    pub remaining: u32,
    /// The sequence number behind them.
    pub end: u32,
    /// They were kept beyond a gap.
    pub kept: u16,
    /// What the rule says of the line: the number of a reason, or 0.
    pub refusal: u16,
}

/// Reads to the end of the payload, or until the conversation is no longer ours to read.
#[inline(always)]
pub fn read<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) {
    let Some(chunk) = scratch::chunk() else {
        return;
    };
    // What is left there is another packet's.
    (chunk.length, chunk.parsed) = (0, 0);
    // SAFETY: `step` takes what `bpf_loop` gives it: the index and this context.
    unsafe {
        generated::bpf_loop(
            STEPS,
            step::<F, COMMANDS> as *mut c_void,
            core::ptr::from_mut(reading).cast(),
            0,
        );
    }
}

/// One step of `bpf_loop`: the rest of a line, or a chunk of it. Returns 1 to stop.
///
/// Its parts are functions of their own: their stacks lie over each other, not on top.
extern "C" fn step<F: Frame, const COMMANDS: bool>(_index: u32, reading: &mut Reading<F>) -> i64 {
    match chunk::<F, COMMANDS>(reading) {
        LINE => {
            if line_ends::<F, COMMANDS>(reading) == 0 {
                return 1;
            }
        }
        MORE => {}
        _ => return 1,
    }
    (reading.remaining == 0 && kept::resume::<F, COMMANDS>(reading) == 0) as i64
}

/// A line is complete. Gives 0 when nothing more is to be read.
#[inline(always)]
fn line_ends<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) -> u64 {
    finish::<F, COMMANDS>(reading);
    if !COMMANDS && scratch::reply().is_some_and(|reply| matches!(reply, Reply::Unfinished)) {
        // More of the reply comes; to the session it is nothing yet.
        return 1;
    }
    // SAFETY: entry and rule are live map values.
    let refusal = unsafe {
        if COMMANDS {
            let own = &raw const (*reading.entry).session.key.client;
            rule::ftp_track_judge_command(reading.rule, own)
        } else {
            rule::ftp_track_judge_reply(reading.rule)
        }
    };
    reading.refusal = refusal as u16;
    let readable = line::<F, COMMANDS>(reading);
    if scratch::outcome().is_some_and(|outcome| outcome.is_anything()) {
        // SAFETY: the rule is a live map value.
        let lifetime = unsafe { (*reading.rule).expectation_lifetime };
        effect::apply(reading.entry, lifetime, now());
    }
    readable
}

/// The frame cannot be read on.
const FAILED: u64 = 0;
/// A chunk was parsed, and its line goes on.
const MORE: u64 = 1;
/// A line is complete.
const LINE: u64 = 2;

/// Feeds a chunk to the parser, up to a line's end; loads it when the one before was parsed.
#[inline(never)]
fn chunk<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) -> u64 {
    let Some(chunk) = scratch::chunk() else {
        return FAILED;
    };
    if reading.remaining == 0 {
        return FAILED;
    }
    if chunk.parsed >= chunk.length {
        let length = bounded::<{ CHUNK as u32 }>(reading.remaining.min(CHUNK as u32));
        if reading.kept != 0 {
            let Some(kept) = scratch::kept() else {
                return FAILED;
            };
            kept.load(reading.offset, chunk);
        } else {
            let to = chunk.bytes.as_mut_ptr();
            // SAFETY: `length` is between 1 and the chunk's size.
            if !unsafe { reading.frame.load(reading.offset, to, length) } {
                return FAILED;
            }
        }
        chunk.length = length;
        chunk.parsed = 0;
    }
    // SAFETY: the entry is a live map value for as long as the program runs, and this CPU holds
    // the claim on the direction's parser.
    let used = unsafe {
        let session = &raw mut (*reading.entry).session;
        if COMMANDS {
            feed::ftp_track_feed_commands(&raw mut (*session).commands, chunk)
        } else {
            feed::ftp_track_feed_replies(&raw mut (*session).replies, chunk)
        }
    };
    reading.offset += (used & 0xff) as u32;
    reading.remaining = reading.remaining.saturating_sub((used & 0xff) as u32);
    if used & feed::ENDED != 0 { LINE } else { MORE }
}

/// Leaves the complete line's command or reply in [`scratch::command`] or [`scratch::reply`].
#[inline(never)]
fn finish<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) {
    let (Some(command), Some(reply)) = (scratch::command(), scratch::reply()) else {
        return;
    };
    // SAFETY: the entry is a live map value, and the parsers are ours by the claim.
    unsafe {
        let session = &raw mut (*reading.entry).session;
        if COMMANDS {
            (*session).commands.finish_into(command);
        } else {
            (*session).replies.finish_into(reply);
        }
    }
}

/// Hands the line that is complete to the session; the outcome is left in [`scratch::outcome`]. Returns 0
/// when nothing more is to be read.
#[inline(never)]
fn line<F: Frame, const COMMANDS: bool>(reading: &mut Reading<F>) -> u64 {
    let (Some(outcome), Some(command), Some(reply)) =
        (scratch::outcome(), scratch::command(), scratch::reply())
    else {
        return 0;
    };
    let entry = reading.entry;
    let now = now();
    // SAFETY: entry and rule are live map values, and the session is only touched under the lock.
    let readable = unsafe {
        if COMMANDS {
            let command = core::hint::black_box(command);
            let mut session = Locked::new(entry);
            *outcome = session.command(command, reading.refusal as u8, now);
            session.is_readable()
        } else {
            let reply = core::hint::black_box(reply);
            let lifetime = (*reading.rule).expectation_lifetime;
            let mut session = Locked::new(entry);
            *outcome = session.reply(reply, reading.refusal as u8, lifetime, now);
            session.is_readable()
        }
    };
    opaque(readable as u64, now)
}

/// When the packet came, whose payload is read; monotonic clock, nanoseconds. Not in [`Reading`],
/// because that lies on the stack.
#[inline(always)]
fn now() -> u64 {
    scratch::packet().map_or(0, |packet| packet.time)
}
