//! Sends very many inputs through the engine: `inputs COUNT SEED THREADS`. `cargo xtask fuzz
//! --inputs COUNT` builds it with all checks and runs it.

#[path = "../tests/inputs/mod.rs"]
mod inputs;
#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the rows need more of it")]
mod support;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use inputs::{Dialogue, INPUTS};

/// Conversations that a thread takes at once.
const BLOCK: u64 = 256;
/// Between two lines of progress.
const PAUSE: Duration = Duration::from_secs(5);

struct Run {
    seed: u64,
    conversations: u64,
    taken: AtomicU64,
    played: AtomicU64,
    stop: AtomicBool,
    /// The first conversation with a finding.
    found: Mutex<Option<u64>>,
}

fn main() -> ExitCode {
    let arguments: Option<Vec<u64>> = std::env::args().skip(1).map(|a| a.parse().ok()).collect();
    let Some([count, seed, threads]) = arguments.as_deref() else {
        eprintln!("usage: inputs COUNT SEED THREADS");
        return ExitCode::FAILURE;
    };
    let run = Run {
        seed: *seed,
        conversations: count.div_ceil(INPUTS),
        taken: AtomicU64::new(0),
        played: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        found: Mutex::new(None),
    };
    println!("{count} inputs, seed {seed}, {threads} threads");
    let start = Instant::now();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..*threads.max(&1))
            .map(|_| scope.spawn(|| run.work()))
            .collect();
        let mut last = Instant::now();
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(50));
            if last.elapsed() >= PAUSE {
                run.report(start);
                last = Instant::now();
            }
        }
    });
    run.report(start);
    let found = *run.found.lock().unwrap_or_else(|error| error.into_inner());
    if let Some(conversation) = found {
        show(run.seed, conversation);
        return ExitCode::FAILURE;
    }
    println!("nothing found");
    ExitCode::SUCCESS
}

impl Run {
    fn work(&self) {
        let mut dialogue = Dialogue::default();
        while !self.stop.load(Ordering::Relaxed) {
            let first = self.taken.fetch_add(BLOCK, Ordering::Relaxed);
            if first >= self.conversations {
                return;
            }
            let last = self.conversations.min(first + BLOCK);
            for conversation in first..last {
                let play = AssertUnwindSafe(|| dialogue.play(self.seed, conversation));
                if catch_unwind(play).is_err() {
                    self.stop.store(true, Ordering::Relaxed);
                    let mut found = self.found.lock().unwrap_or_else(|error| error.into_inner());
                    *found = Some(found.map_or(conversation, |other| other.min(conversation)));
                    return;
                }
            }
            self.played.fetch_add(last - first, Ordering::Relaxed);
        }
    }

    fn report(&self, start: Instant) {
        let inputs = self.played.load(Ordering::Relaxed) * INPUTS;
        let seconds = start.elapsed().as_secs_f64();
        let speed = inputs as f64 / seconds;
        println!("{inputs} inputs in {seconds:.0} s, {speed:.0} inputs/s");
    }
}

/// Plays a conversation with a finding once more, and shows it.
fn show(seed: u64, conversation: u64) {
    let mut dialogue = Dialogue::default();
    dialogue.record = true;
    let again = catch_unwind(AssertUnwindSafe(|| dialogue.play(seed, conversation)));
    assert!(again.is_err(), "a finding that does not come again");
    let index = conversation * INPUTS + dialogue.at;
    let bytes = dialogue.input.escape_ascii();
    println!("found: seed {seed}, input {index}: {bytes}");
    println!("its session:\n{}", dialogue.transcript);
}
