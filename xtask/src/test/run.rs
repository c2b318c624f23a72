//! Running one group, and counting what it ran.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ftp_track_tests::tracker;

use super::group::{Count, Group};
use crate::{style, workspace};

/// What a group came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) passed: u32,
    pub(super) failed: u32,
    /// Cells of the matrix of servers and clients.
    pub(super) cells: u32,
    pub(super) time: Duration,
    /// What went wrong beside the tests themselves.
    pub(super) remarks: Vec<String>,
}

/// Runs all commands of a group, also after one failed.
pub(super) fn group(group: &Group, binary: &Path) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome::default();
    for arguments in group.commands {
        let title = format!("\n== {}: cargo {}", group.name, arguments.join(" "));
        anstream::eprintln!("{}", style::heading(title));
        let before = (outcome.passed, outcome.failed);
        let end = command(arguments, binary, group.limit, |line| outcome.read(line));
        match (end, group.count) {
            (Ok(status), Count::Commands) if status.success() => outcome.passed += 1,
            (Ok(status), Count::Tests) if status.success() => {
                if outcome.passed == before.0 {
                    outcome.fail(format!("cargo {} ran no test", arguments.join(" ")));
                }
            }
            // The failed tests are counted already.
            (Ok(_), Count::Tests) if outcome.failed > before.1 => {}
            (Ok(status), _) => outcome.fail(format!("cargo {}: {status}", arguments.join(" "))),
            (Err(error), _) => outcome.fail(format!("{error:#}")),
        }
    }
    outcome.time = start.elapsed();
    outcome
}

impl Outcome {
    fn fail(&mut self, remark: String) {
        self.failed += 1;
        self.remarks.push(remark);
    }

    /// Takes the numbers from a line of libtest's output: "test result: ok. 3 passed; 0 failed; ...".
    fn read(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += number_before(rest, " passed");
            self.failed += number_before(rest, " failed");
        } else {
            self.cells += number_before(line, " cells run");
        }
    }
}

/// The number that stands directly before `words`, or 0.
fn number_before(line: &str, words: &str) -> u32 {
    let before = line.split_once(words).map_or("", |(before, _)| before);
    before
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// Runs cargo, showing its output as it comes and handing each line on.
fn command(
    arguments: &[&str],
    binary: &Path,
    limit: Duration,
    mut line: impl FnMut(&str),
) -> Result<ExitStatus> {
    let mut child = workspace::bound_cargo()
        .args(arguments)
        .env(tracker::VARIABLE, binary)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let lines = lines(&mut child);
    let deadline = Instant::now() + limit;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(text) => {
                anstream::println!("{text}");
                line(&text);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                bail!("cargo {}: no end within {limit:?}", arguments.join(" "));
            }
        }
    }
}

/// Lines of a child's standard output, read by a thread so that waiting for them can end.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Outcome {
        let mut outcome = Outcome::default();
        lines.iter().for_each(|line| outcome.read(line));
        outcome
    }

    #[test]
    fn counts_every_test_binary() {
        let outcome = read(&[
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ]);
        assert_eq!((outcome.passed, outcome.failed, outcome.cells), (13, 2, 0));
    }

    #[test]
    fn counts_cells() {
        let outcome =
            read(&["enforce, vsftpd, IPv4, offload On: 26 cells run, 0 failed, 2 left out"]);
        assert_eq!((outcome.passed, outcome.failed, outcome.cells), (0, 0, 26));
    }

    #[test]
    fn a_line_that_only_resembles_a_result_counts_nothing() {
        let outcome = read(&[
            "my test result: ok. 3 passed",
            "test result: odd",
            "no cells run",
        ]);
        assert_eq!((outcome.passed, outcome.failed, outcome.cells), (0, 0, 0));
    }
}
