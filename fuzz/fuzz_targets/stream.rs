//! Conversations of any bytes in any segments: no panic, the same as the reference tells, the same
//! in whatever segments they come, and no expectation without lines of both sides for it.

#![no_main]

use ftp_track_common::tuple::Direction;
use ftp_track_fuzz::{
    script,
    support::{agreement, transcript::Turn},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choices, transcript)) = script::read(data) else {
        return;
    };
    let notes = agreement::on_transcript(&transcript, choices);
    let made = notes
        .iter()
        .filter(|note| note.starts_with("made "))
        .count();
    let lines = |wanted: Direction| {
        let count = |turn: &Turn| match turn {
            Turn::Bytes(direction, bytes) if *direction == wanted => {
                bytes.iter().filter(|&&byte| byte == b'\n').count()
            }
            _ => 0,
        };
        transcript.turns.iter().map(count).sum::<usize>()
    };
    assert!(made <= lines(Direction::FromClient));
    // The greeting makes nothing.
    assert!(made <= lines(Direction::FromServer).saturating_sub(1));
});
