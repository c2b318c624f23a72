//! Conversations: what the tracker expects, ends and refuses, line by line.

mod abort;
mod active;
mod ending;
mod extended;
mod extension;
mod greeting;
mod oddity;
mod passive;
mod pipelining;
mod security;

use crate::support::{agreement, transcript::Transcript};

/// A conversation and its expected notes, as [`crate::support::transcript`] reads them.
struct Row {
    name: &'static str,
    transcript: &'static str,
}

/// Plays each row line by line, then in other segments and against the reference.
fn check(rows: &[Row]) {
    for Row { name, transcript } in rows {
        let transcript = match Transcript::parse(transcript) {
            Ok(transcript) => transcript,
            Err(error) => panic!("{name}: {error}"),
        };
        let notes = transcript.play();
        let turns = transcript.turns.iter().zip(&transcript.expect);
        for (i, ((turn, expect), notes)) in turns.zip(&notes).enumerate() {
            assert_eq!(notes, expect, "{name}: after turn {i}, {turn:?}");
        }
        agreement::on_transcript(&transcript, &[3, 0x21, 0x32, 7, 0x14, 2, 15, 0x35]);
    }
}
