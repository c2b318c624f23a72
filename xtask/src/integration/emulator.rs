//! QEMU: this machine's, or, for network cards that it is too old for, Debian's newest.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ftp_track_tests::process;

use super::archive::{Archive, Purpose};
use super::kernel::Architecture;

/// A QEMU that can be run.
#[derive(Debug, Clone)]
pub struct Emulator {
    /// The program, and the first of its arguments.
    words: Vec<String>,
}

impl Emulator {
    /// The one that is installed for an architecture.
    ///
    /// # Errors
    /// When there is none.
    pub fn installed(architecture: Architecture) -> Result<Self> {
        let (program, package) = match architecture {
            Architecture::Amd64 => ("qemu-system-x86_64", "qemu-system-x86"),
            Architecture::Arm64 => ("qemu-system-aarch64", "qemu-system-arm"),
        };
        let path = process::find_program(program)
            .with_context(|| format!("{program} is missing; install the package {package}"))?;
        Ok(Self {
            words: vec![path.display().to_string()],
        })
    }

    /// One for amd64 that has all of `devices`: the installed one, or else a newer one, unpacked.
    ///
    /// # Errors
    /// When neither has them.
    pub fn with(devices: &[&str]) -> Result<Self> {
        let installed = Self::installed(Architecture::Amd64)?;
        if devices.iter().all(|device| installed.has(device)) {
            return Ok(installed);
        }
        let newer = Self::fetch()?;
        for device in devices {
            ensure!(newer.has(device), "Debian's newest QEMU has no {device}");
        }
        Ok(newer)
    }

    /// Igb came with QEMU 8.0, and Debian 12 has 7.2. It is run with the libraries that it was built
    /// for, whatever this machine has.
    fn fetch() -> Result<Self> {
        let tree = super::folder().join("qemu");
        let program = tree.join("usr/bin/qemu-system-x86_64");
        if !program.is_file() {
            let archive = Archive::open(Purpose::Emulators, Architecture::Amd64)?;
            archive.unpack_with_dependencies(&["qemu-system-x86"], &tree)?;
        }
        let triple = Architecture::Amd64.triple();
        let inside = |path: &str| tree.join(path).display().to_string();
        let libraries = [
            inside(&format!("usr/lib/{triple}")),
            inside(&format!("lib/{triple}")),
        ];
        let linker: PathBuf = tree.join(format!("lib/{triple}/ld-linux-x86-64.so.2"));
        let words = [
            linker.display().to_string(),
            "--library-path".to_owned(),
            libraries.join(":"),
            program.display().to_string(),
            "-L".to_owned(),
            inside("usr/share/qemu"),
            "-L".to_owned(),
            inside("usr/share/seabios"),
        ];
        Ok(Self {
            words: words.into(),
        })
    }

    /// Whether it can emulate a device.
    pub fn has(&self, device: &str) -> bool {
        let mut qemu = process::command(&self.words[0]);
        qemu.args(&self.words[1..]);
        process::run(qemu.args(["-device", &format!("{device},help")]))
            .is_ok_and(|text| text.contains("options:"))
    }

    /// The program, and the first of its arguments.
    pub fn words(&self) -> Vec<String> {
        self.words.clone()
    }
}
