//! What an init system would have done.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use anyhow::{Context, Result};
use ftp_track_tests::process;
use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount as mount_at};

/// Where programs are.
pub const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// File systems, each where it is looked for.
const MOUNTS: [(&str, &str); 5] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("devpts", "/dev/pts"),
    ("bpf", "/sys/fs/bpf"),
];
/// Folders that programs write to. The initial file system is in memory anyhow.
const FOLDERS: [&str; 3] = ["/run", "/tmp", "/var/run"];
/// What programs call without a path of their own.
const SHELL: [&str; 2] = ["/bin/busybox", "/bin/sh"];

/// Mounts them.
pub fn mount() -> Result<()> {
    for path in FOLDERS {
        fs::create_dir_all(path).with_context(|| format!("cannot make {path}"))?;
    }
    let [busybox, shell] = SHELL;
    symlink(busybox, shell).with_context(|| format!("cannot make {shell}"))?;
    for (kind, path) in MOUNTS {
        fs::create_dir_all(path).with_context(|| format!("cannot make {path}"))?;
        let flags = MsFlags::empty();
        match mount_at(Some(kind), path, Some(kind), flags, None::<&str>) {
            // The kernel may have mounted /dev itself.
            Ok(()) | Err(Errno::EBUSY) => {}
            Err(error) => Err(error).with_context(|| format!("cannot mount {path}"))?,
        }
    }
    Ok(())
}

/// Loads modules in the order given.
pub fn load_modules(paths: &[String]) -> Result<()> {
    for path in paths {
        let file = File::open(path).with_context(|| format!("no module {path}"))?;
        match finit_module(&file, c"", ModuleInitFlags::empty()) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => Err(error).with_context(|| format!("cannot load {path}"))?,
        }
    }
    Ok(())
}

/// Sets the loopback interface up.
pub fn loopback() -> Result<()> {
    process::run(process::command("ip").args(["link", "set", "lo", "up"])).map(drop)
}
