//! The parsers' inner loops, as functions that the verifier checks once and for itself.
//!
//! They are global functions (`BTF_FUNC_GLOBAL`, kernel/bpf/verifier.c): the kernel assumes nothing
//! of their arguments but the sizes that BTF gives, and need not look into them from every caller
//! again. What they work on may be null for it.

use ftp_track_common::{command::CommandLine, reply::ReplyLine};

use crate::scratch::{CHUNK, Chunk};

/// Set in a result when the bytes used end a line; the low byte is their number.
pub const ENDED: u64 = 0x100;

macro_rules! feed {
    ($(#[$doc:meta])* $name:ident: $parser:ty) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// Both pointers must be null or valid, and the caller must hold the parser's claim.
        #[inline(never)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(parser: *mut $parser, chunk: *const Chunk) -> u64 {
            // SAFETY: the caller gives valid pointers, if they are not null.
            let (Some(parser), Some(chunk)) = (unsafe { (parser.as_mut(), chunk.as_ref()) }) else {
                return 0;
            };
            for i in 0..CHUNK {
                if i >= chunk.length as usize {
                    break;
                }
                // The verifier must not follow the parser's state from byte to byte: it stays in
                // memory, whose contents it does not track.
                let parser = core::hint::black_box(&mut *parser);
                if parser.feed(chunk.bytes[i]) {
                    return ENDED | (i as u64 + 1);
                }
            }
            chunk.length as u64
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
