//! A virtual machine: started, watched, ended.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ftp_track_tests::guest::{PULSE_SECONDS, Report, SHELL};
use ftp_track_tests::process;

use super::emulator::Emulator;
use super::kernel::Architecture;
use super::plan::Card;

/// How long a machine may be silent: it says that it is alive more often.
/// Only while it boots it says nothing, and that takes minutes where several share a processor.
const SILENCE: Duration = Duration::from_secs(PULSE_SECONDS * 20);
/// How long a machine may take in all. It ends a step that gets nowhere by itself, much earlier.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);
/// QEMU's exit code after 0x10 was written to isa-debug-exit.
const DONE: i32 = 33;
/// What the kernel says when it cannot go on.
const DEATHS: [&str; 6] = [
    "Kernel panic",
    "BUG: ",
    "Oops: ",
    "general protection fault",
    "self-detected stall",
    "Out of memory: Killed",
];

/// What a machine is made of.
#[derive(Debug)]
pub struct Machine {
    /// What emulates it.
    pub emulator: Emulator,
    /// Its processor.
    pub architecture: Architecture,
    /// What it boots.
    pub vmlinuz: PathBuf,
    /// Its file system.
    pub initramfs: PathBuf,
    /// Pairs of network cards, each pair joined by a cable.
    pub cards: Vec<Card>,
    /// For the console's log and the script that enters the machine.
    pub folder: PathBuf,
}

impl Machine {
    /// The whole command. One processor: with two, QEMU 7.2 crashes guests at random.
    fn command(&self, parameter: &str) -> Vec<String> {
        let (machine, parameters) = match self.architecture {
            // A busy host lets QEMU's timer come late, which Linux takes for a broken one.
            Architecture::Amd64 => (
                "-M q35 -cpu qemu64 -device isa-debug-exit,iobase=0xf4,iosize=0x04",
                "console=ttyS0 no_timer_check",
            ),
            Architecture::Arm64 => ("-M virt -cpu cortex-a57", "console=ttyAMA0"),
        };
        let mut words = self.emulator.words();
        words.extend(machine.split(' ').map(str::to_owned));
        let common = "-accel tcg -smp 1 -m 1024 -nodefaults -nographic -no-reboot -monitor none \
                      -serial stdio";
        words.extend(common.split(' ').map(str::to_owned));
        // Every second slot, because igb's virtual functions take two of those that are 16 further on.
        let mut slots = (4..).step_by(2);
        for (hub, card) in self.cards.iter().enumerate() {
            for (end, slot) in ["a", "b"].into_iter().zip(&mut slots) {
                let id = format!("{}{end}", card.driver);
                words.extend([
                    "-netdev".to_owned(),
                    format!("hubport,hubid={hub},id={id}"),
                    "-device".to_owned(),
                    // Nobody boots from them.
                    format!("{},netdev={id},romfile=,addr={slot:#x}", card.device),
                ]);
            }
        }
        let path = |path: &Path| path.display().to_string();
        words.extend(["-kernel".to_owned(), path(&self.vmlinuz)]);
        words.extend(["-initrd".to_owned(), path(&self.initramfs)]);
        let parameters = format!("{parameters} panic=-1 quiet {parameter}");
        words.extend(["-append".to_owned(), parameters.trim().to_owned()]);
        words
    }

    /// The file with everything that the machine wrote to its console.
    pub fn log(&self) -> PathBuf {
        self.folder.join("console.log")
    }

    /// Writes a script that boots the machine again, with a shell on the console.
    pub fn write_entrance(&self) -> Result<PathBuf> {
        let path = self.folder.join("enter.sh");
        let words = self.command(SHELL);
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        fs::write(&path, format!("#!/bin/sh\nexec {}\n", words.join(" ")))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// Boots it and waits for its report.
    ///
    /// # Errors
    /// When it ends without one: by a panic, in silence, or not at all.
    pub fn run(&self) -> Result<Report> {
        let words = self.command("");
        // It ends with the thread that waits for it, also when that is killed.
        let mut command = process::command("setpriv");
        command
            .args(["--pdeathsig", "KILL"])
            .args(&words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(self.folder.join("qemu.log"))?);
        let mut child = command.spawn().context("cannot run QEMU")?;
        let outcome = self.watch(&mut child);
        if outcome.is_err() {
            let _ = child.kill();
        }
        let status = child.wait()?;
        let report = outcome?;
        // On ARM there is no such device: the report has to do.
        if self.architecture == Architecture::Amd64 && status.code() != Some(DONE) {
            bail!("there is a report, but QEMU ended with {status}");
        }
        Ok(report)
    }

    /// Follows the console to its end.
    fn watch(&self, child: &mut Child) -> Result<Report> {
        let mut log = File::create(self.log())?;
        let start = Instant::now();
        // Each line with the second in which it came: that shows what takes its time.
        let mut keep = |line: &str| writeln!(log, "{:7.1} {line}", start.elapsed().as_secs_f32());
        let lines = lines(child);
        let mut reports = Vec::new();
        loop {
            match lines.recv_timeout(SILENCE) {
                Ok(line) => {
                    keep(&line)?;
                    if let Some(death) = DEATHS.iter().find(|death| line.contains(**death)) {
                        // The lines that follow say where.
                        while let Ok(line) = lines.recv_timeout(Duration::from_secs(2)) {
                            keep(&line)?;
                        }
                        bail!("the kernel says: {death} ({})", line.trim());
                    }
                    reports.extend(Report::read(line.trim_end()));
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("no sign of life for {} s", SILENCE.as_secs())
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if start.elapsed() > LIMIT {
                bail!("no end within {} s", LIMIT.as_secs());
            }
        }
        match reports.pop() {
            Some(report) if reports.is_empty() => Ok(report),
            Some(_) => bail!("several reports"),
            None => bail!("the machine ended without a report"),
        }
    }
}

/// Lines of the console, read by a thread so that waiting for them can end.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
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
