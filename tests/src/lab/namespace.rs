//! One named network namespace.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow};
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::process;

/// Where iproute2 keeps named network namespaces.
pub(super) const DIRECTORY: &str = "/run/netns";

/// A named network namespace. Its [`Lab`] makes and deletes it.
///
/// [`Lab`]: super::Lab
#[derive(Debug, Clone)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A handle on the namespace of that name, which may or may not exist.
    pub(super) fn named(name: String) -> Self {
        Self { name }
    }

    /// Makes the namespace.
    pub(super) fn create(&self) -> Result<()> {
        process::run(process::command("ip").args(["netns", "add", &self.name])).map(drop)
    }

    /// Whether it was made.
    pub(super) fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Its name, as `ip netns list` shows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that holds the namespace.
    pub(super) fn path(&self) -> PathBuf {
        Path::new(DIRECTORY).join(&self.name)
    }

    /// A command that runs `program` inside.
    ///
    /// `nsenter` execs it, so the child's process id is the program's. `ip netns exec` will not do:
    /// it mounts a fresh `/sys` and hides bpffs.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = process::command("nsenter");
        command
            .arg(format!("--net={}", self.path().display()))
            .arg("--")
            .arg(program);
        command
    }

    /// Runs `body` on a thread of its own inside, so sockets that it opens belong to this namespace.
    ///
    /// A panic in `body` goes on in the caller.
    pub fn enter<T: Send>(&self, body: impl FnOnce() -> T + Send) -> Result<T> {
        let path = self.path();
        let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        thread::scope(|scope| {
            let inside = scope.spawn(move || {
                setns(file, CloneFlags::CLONE_NEWNET)
                    .map_err(|e| anyhow!("cannot enter {}: {e}", path.display()))?;
                Ok(body())
            });
            inside
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Sets `net.*` sysctls of this namespace, given with slashes (`ipv4/ip_forward`).
    pub(super) fn set_sysctls(&self, settings: &[(&str, &str)]) -> Result<()> {
        self.enter(|| {
            for (key, value) in settings {
                let path = Path::new("/proc/sys/net").join(key);
                fs::write(&path, value)
                    .with_context(|| format!("cannot set {} to {value}", path.display()))?;
            }
            Ok(())
        })?
    }

    /// The processes that are inside now.
    pub fn processes(&self) -> Vec<Pid> {
        let Ok(own) = fs::metadata(self.path()) else {
            return Vec::new();
        };
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid: &i32| {
                fs::metadata(format!("/proc/{pid}/ns/net"))
                    .is_ok_and(|theirs| theirs.ino() == own.ino() && theirs.dev() == own.dev())
            })
            .map(Pid::from_raw)
            .collect()
    }

    /// Ends every process inside and removes the namespace.
    pub(super) fn delete(&self) {
        process::end_all(|| self.processes());
        // Gone already is as good as deleted: two sweeps may meet here.
        let _ = process::run(process::command("ip").args(["netns", "delete", &self.name]));
    }
}
