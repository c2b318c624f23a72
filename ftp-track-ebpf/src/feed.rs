//! The parsers' inner loops, as functions that the verifier checks once and for itself.
//!
//! They are global functions (`BTF_FUNC_GLOBAL`, kernel/bpf/verifier.c): the kernel assumes nothing
//! of their arguments but the sizes that BTF gives, and need not look into them from every caller
//! again. What they work on may be null for it.

use core::hint::black_box;

use ftp_track_common::{command::CommandLine, reply::ReplyLine};

use crate::scratch::{CHUNK, Chunk};

/// Set in a result when the bytes used end a line; the low byte is their number.
pub const ENDED: u64 = 0x100;

/// Most bytes that are looked at one by one before the verifier begins anew.
const STRETCH: u32 = 32;

macro_rules! feed {
    ($(#[$doc:meta])* $name:ident: $parser:ty) => {
        $(#[$doc])*
        /// What makes no difference to it is left out.
        ///
        /// # Safety
        /// Both pointers must be null or valid, and the caller must hold the parser's claim.
        #[inline(never)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(parser: *mut $parser, chunk: *mut Chunk) -> u64 {
            // SAFETY: the caller gives valid pointers, if they are not null.
            let (Some(parser), Some(chunk)) = (unsafe { (parser.as_mut(), chunk.as_mut()) }) else {
                return 0;
            };
            let start = chunk.parsed;
            let mut at = start;
            for _ in 0..STRETCH {
                if at >= chunk.length {
                    break;
                }
                // The verifier must not follow the parser's state from byte to byte: it stays in
                // memory, whose contents it does not track.
                let parser = black_box(&mut *parser);
                if parser.ignores_text() {
                    break;
                }
                let ended = parser.feed(chunk.bytes[at as usize & (CHUNK - 1)]);
                at += 1;
                if ended {
                    chunk.parsed = at;
                    return ENDED | (at - start) as u64;
                }
            }
            let parser = black_box(&mut *parser);
            let mut ended = 0;
            if parser.ignores_text() {
                at = chunk.next_mark(at);
                if at < chunk.length {
                    ended = parser.feed(chunk.bytes[at as usize & (CHUNK - 1)]) as u64 * ENDED;
                    at += 1;
                }
            }
            chunk.parsed = at;
            ended | (at.wrapping_sub(start) & 0xff) as u64
        }
    };
}

feed! {
    /// Feeds a chunk to the parser of the client's lines, up to a line's end.
    ftp_track_feed_commands: CommandLine
}
feed! {
    /// Feeds a chunk to the parser of the server's lines, up to a line's end.
    ftp_track_feed_replies: ReplyLine
}
