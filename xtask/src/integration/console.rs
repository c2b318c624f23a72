//! A machine's console: followed to its end, or to the first sign that it is lost.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use ftp_track_tests::guest::Report;

/// What the kernel says when it cannot go on.
const DEATHS: [&str; 6] = [
    "Kernel panic",
    "BUG: ",
    "Oops: ",
    "general protection fault",
    "self-detected stall",
    "Out of memory: Killed",
];
/// How long a machine is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the next line.
    pub silence: Duration,
    /// From start to end.
    pub whole: Duration,
    /// For the next line after the kernel has died: those lines say where it was.
    pub wake: Duration,
}

/// The console of a machine that runs.
#[derive(Debug)]
pub struct Console {
    lines: Receiver<String>,
    log: File,
    start: Instant,
    patience: Patience,
}

impl Console {
    /// That of a machine, which writes it to its standard output. All of it is kept in `log`.
    pub fn new(machine: &mut Child, log: &Path, patience: Patience) -> Result<Self> {
        Ok(Self {
            lines: lines(machine),
            log: File::create(log)?,
            start: Instant::now(),
            patience,
        })
    }

    /// Waits for the end; gives the one report.
    ///
    /// # Errors
    /// When the kernel dies, when nothing is said for too long, when there is no end, and when there is not
    /// exactly one report.
    pub fn report(mut self) -> Result<Report> {
        let mut reports = Vec::new();
        loop {
            match self.lines.recv_timeout(self.patience.silence) {
                Ok(line) => {
                    self.keep(&line)?;
                    if let Some(death) = DEATHS.iter().find(|death| line.contains(**death)) {
                        while let Ok(line) = self.lines.recv_timeout(self.patience.wake) {
                            self.keep(&line)?;
                        }
                        bail!("the kernel says: {death} ({})", line.trim());
                    }
                    reports.extend(Report::read(line.trim_end()));
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("no sign of life for {:?}", self.patience.silence)
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.start.elapsed() > self.patience.whole {
                bail!("no end within {:?}", self.patience.whole);
            }
        }
        match reports.pop() {
            Some(report) if reports.is_empty() => Ok(report),
            Some(_) => bail!("several reports"),
            None => bail!("the machine ended without a report"),
        }
    }

    /// Each line with the second in which it came: that shows what takes its time.
    fn keep(&mut self, line: &str) -> Result<()> {
        let seconds = self.start.elapsed().as_secs_f32();
        Ok(writeln!(self.log, "{seconds:7.1} {line}")?)
    }
}

/// Lines, read by a thread so that waiting for them can end.
fn lines(machine: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = machine.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                if sender.send(line.trim_end().to_owned()).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use ftp_track_tests::guest::MARK;

    use super::*;

    /// No machine of these tests is to be waited for that long.
    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(300);

    /// What comes of a machine that does what the shell is told, and what is in its log.
    fn follow(
        name: &str,
        script: &str,
        silence: Duration,
        whole: Duration,
    ) -> (Result<Report>, String) {
        let log = std::env::temp_dir().join(format!("{name}.{}.log", std::process::id()));
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).stdin(Stdio::null());
        let mut machine = shell.stdout(Stdio::piped()).spawn().unwrap();
        let patience = Patience {
            silence,
            whole,
            wake: SHORT,
        };
        let console = Console::new(&mut machine, &log, patience);
        let outcome = console.unwrap().report();
        machine.kill().unwrap();
        machine.wait().unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        (outcome, text)
    }

    fn objection(name: &str, script: &str, silence: Duration, whole: Duration) -> String {
        let (outcome, _) = follow(name, script, silence, whole);
        outcome.unwrap_err().to_string()
    }

    fn report() -> String {
        let report = Report {
            release: "6.1.0".to_owned(),
            ..Report::default()
        };
        format!("echo '{MARK}{}'", serde_json::to_string(&report).unwrap())
    }

    #[test]
    fn one_report_counts() {
        let script = format!("echo booting; {}", report());
        let (outcome, log) = follow("one", &script, LONG, LONG);
        assert_eq!(outcome.unwrap().release, "6.1.0");
        assert!(log.contains(" booting\n"), "{log}");
        let twice = format!("{0}; {0}", report());
        assert_eq!(objection("two", &twice, LONG, LONG), "several reports");
        let none = objection("none", "echo booting", LONG, LONG);
        assert_eq!(none, "the machine ended without a report");
    }

    #[test]
    fn a_dead_kernel_is_not_waited_for() {
        for death in DEATHS {
            let script = format!(
                "printf '[1.0] {death} here\\nat\\n'; {}; exec sleep 600",
                report()
            );
            let (outcome, log) = follow("death", &script, LONG, LONG);
            let said = outcome.unwrap_err().to_string();
            assert!(
                said.contains(death.trim()) && said.contains("here"),
                "{said}"
            );
            assert!(log.contains(" at\n"), "{log}");
        }
    }

    #[test]
    fn a_silent_machine_is_given_up() {
        let said = objection("silent", "echo up; exec sleep 600", SHORT, LONG);
        assert_eq!(said, "no sign of life for 300ms");
    }

    #[test]
    fn a_machine_that_only_talks_is_given_up() {
        let script = "while echo alive; do sleep 0.01; done";
        assert_eq!(
            objection("talk", script, LONG, SHORT),
            "no end within 300ms"
        );
    }
}
