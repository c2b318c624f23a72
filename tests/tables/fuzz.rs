//! Whole control connections of random and mutated lines through the loaded programs, compared with
//! the naive reference of the engine's tests.
//!
//! What must hold of each: the programs report exactly what the reference says, so that nothing is
//! expected without an honest request; every counter is accounted for; no segment of a control
//! connection is dropped but those that are held back, and none where they are kept instead; the maps hold no more than one connection can
//! fill; and only what is expected is let in afterwards.

mod generator;
mod session;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use ftp_track_common::config::Mode;
use generator::Random;
use session::{Played, play};

use crate::{
    harness::{pool, row::message, tracker::Tracker},
    support::transcript::Transcript,
};

/// How long to fuzz, in seconds.
const SECONDS: &str = "FTP_TRACK_FUZZ_SECONDS";
/// Where to begin; each session has the next seed.
const SEED: &str = "FTP_TRACK_FUZZ_SEED";

fn number(name: &str, default: u64) -> u64 {
    let text = env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn sessions() {
    let first = number(SEED, 1);
    let limit = Duration::from_secs(number(SECONDS, 8));
    let mut tracker = pool::tracker();
    let start = Instant::now();
    let (mut seed, mut made, mut segments, mut kept) = (first, 0, 0, 0);
    while start.elapsed() < limit {
        // In observe mode nothing is held back.
        let mode = if seed % 3 == 0 {
            Mode::Observe
        } else {
            Mode::Enforce
        };
        let (transcript, choices) = generator::session(&mut Random::new(seed));
        match check(&mut tracker, mode, &transcript, &choices) {
            Ok(played) => {
                made += played.expectations;
                segments += played.segments;
                kept += played.kept;
            }
            Err(error) => {
                let (transcript, error) = shrink(&mut tracker, mode, transcript, &choices, error);
                panic!(
                    "{SEED}={seed}, {}, in segments {choices:?}, of\n{transcript}\n{error}",
                    mode.name()
                );
            }
        }
        seed += 1;
    }
    let sessions = seed - first;
    println!("{sessions} sessions of {segments} segments, {kept} kept, made {made} expectations");
    assert!(
        made * 4 > sessions,
        "{made} expectations of {sessions} sessions are too few"
    );
    assert!(
        sessions < 100 || kept * 4 > sessions,
        "{kept} kept are too few"
    );
}

/// Plays a transcript; what was played, or what is wrong.
fn check(
    tracker: &mut Tracker,
    mode: Mode,
    transcript: &Transcript,
    choices: &[u8],
) -> Result<Played, String> {
    catch_unwind(AssertUnwindSafe(|| {
        play(tracker, mode, transcript, choices)
    }))
    .map_err(|panic| message(&*panic))
}

/// Leaves out turns for as long as something stays wrong.
fn shrink(
    tracker: &mut Tracker,
    mode: Mode,
    mut transcript: Transcript,
    choices: &[u8],
    mut error: String,
) -> (Transcript, String) {
    let mut at = 0;
    while at < transcript.turns.len() {
        let mut shorter = transcript.clone();
        shorter.turns.remove(at);
        match check(tracker, mode, &shorter, choices) {
            Ok(_) => at += 1,
            Err(other) => (transcript, error) = (shorter, other),
        }
    }
    (transcript, error)
}
