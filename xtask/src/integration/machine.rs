//! A virtual machine: started, watched, ended.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ftp_track_tests::guest::{PULSE_SECONDS, Report, SHELL};
use ftp_track_tests::process;

use super::console::{Console, Patience};
use super::emulator::Emulator;
use super::kernel::Architecture;
use super::plan::Card;

/// It says that it is alive more often than that. Only while it boots it says nothing, and that takes
/// minutes where several share a processor. A step that gets nowhere ends by itself, much earlier
/// than the machine.
const PATIENCE: Patience = Patience {
    silence: Duration::from_secs(PULSE_SECONDS * 20),
    whole: Duration::from_secs(3 * 60 * 60),
    wake: Duration::from_secs(2),
};
/// QEMU's exit code after 0x10 was written to isa-debug-exit.
const DONE: i32 = 33;
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
        let console = Console::new(&mut child, &self.log(), PATIENCE);
        let outcome = console.and_then(Console::report);
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
}
