//! Running one step of the plan.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ftp_track_tests::guest::{Count, PULSE, PULSE_SECONDS, Step, StepReport};

use crate::{console, system};

/// Runs the step to its end, or for as long as it gets on.
pub fn step(step: &Step) -> StepReport {
    let start = Instant::now();
    let mut count = Count::default();
    console::line(&format!("== {}", step.name));
    let problem = run(step, &mut count).err();
    StepReport {
        name: step.name.clone(),
        passed: count.passed,
        failed: count.failed,
        seconds: start.elapsed().as_secs_f32(),
        verified: count.verified,
        problem: problem.map(|error| format!("{error:#}")),
    }
}

fn run(step: &Step, count: &mut Count) -> Result<()> {
    let start = Instant::now();
    let mut command = Command::new(&step.program);
    command
        .args(&step.arguments)
        .env("PATH", system::PATH)
        .envs(&step.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", step.program))?;
    let (sender, lines) = channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    let mut progress = Instant::now();
    loop {
        match lines.recv_timeout(Duration::from_secs(PULSE_SECONDS)) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                count.read(&line);
                progress = Instant::now();
                console::line(&line);
            }
            Err(RecvTimeoutError::Timeout) => {
                let seconds = start.elapsed().as_secs();
                console::line(&format!("{PULSE} {}, {seconds} s", step.name));
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        // How long all of it takes is the host's business: only a test that hangs says nothing.
        if progress.elapsed().as_secs() > step.silence {
            child.kill()?;
            child.wait()?;
            bail!("no line for {} s", step.silence);
        }
    }
    let status = child.wait()?;
    if !status.success() && count.failed == 0 {
        bail!("{status}");
    }
    Ok(())
}
