//! The lock that one running daemon holds on its name.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{Error, Name};

/// The mode of the file: whoever could open it could lock it, and keep a tracker from starting.
const PRIVATE: u32 = 0o600;

/// Where locks and sockets lie. Network namespaces share it, so that a name is one instance on the
/// whole machine, as its pins are.
pub const RUNTIME_DIRECTORY: &str = "/run/ftp-track";

/// Where the lock of `name` lies.
pub fn lock_path(directory: &Path, name: &Name) -> PathBuf {
    directory.join(format!("{name}.lock"))
}

/// The lock on a name. The kernel releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of `name`.
    pub fn take(name: &Name) -> Result<Self, Error> {
        Self::take_in(Path::new(RUNTIME_DIRECTORY), name)
    }

    fn take_in(directory: &Path, name: &Name) -> Result<Self, Error> {
        let path = lock_path(directory, name);
        let failed = |source| Error::Runtime {
            path: path.clone(),
            source,
        };
        // The file may be unlinked by a daemon that ends between our opening and our locking it.
        for _ in 0..5 {
            fs::create_dir_all(directory).map_err(failed)?;
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(PRIVATE)
                .open(&path)
                .map_err(failed)?;
            make_private(&file).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let (name, pid) = (name.clone(), read_pid(&mut file));
                    return Err(Error::AlreadyRunning { name, pid });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            if is_still(&path, &file) {
                write_pid(&mut file).map_err(failed)?;
                return Ok(Self { path, _file: file });
            }
        }
        Err(failed(io::Error::other("the file keeps vanishing")))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked here, so no other daemon has taken the path. What cannot be removed does
        // no harm: the next daemon takes it.
        _ = fs::remove_file(&self.path);
        if let Some(directory) = self.path.parent() {
            _ = fs::remove_dir(directory);
        }
    }
}

/// Others may have been let in by an earlier version.
fn make_private(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o777 == PRIVATE {
        return Ok(());
    }
    permissions.set_mode(PRIVATE);
    file.set_permissions(permissions)
}

fn is_still(path: &Path, file: &File) -> bool {
    match (fs::metadata(path), file.metadata()) {
        (Ok(there), Ok(here)) => (there.dev(), there.ino()) == (here.dev(), here.ino()),
        _ => false,
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let runtime = directory.path().join("run");
        let name = Name::default();
        let lock = Lock::take_in(&runtime, &name).unwrap();
        match Lock::take_in(&runtime, &name).unwrap_err() {
            Error::AlreadyRunning { pid, .. } => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other}"),
        }
        let other = Lock::take_in(&runtime, &"other".parse().unwrap()).unwrap();
        drop(lock);
        let again = Lock::take_in(&runtime, &name).unwrap();
        drop((again, other));
        assert!(!runtime.exists(), "a trace is left");
    }

    /// Also one that a killed tracker has left open to others.
    #[test]
    fn nobody_else_opens_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("default.lock");
        for left in [None, Some(0o644)] {
            if let Some(mode) = left {
                fs::write(&path, "1\n").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            let _lock = Lock::take_in(directory.path(), &Name::default()).unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{left:?}");
            // So that its end does not take the directory away.
            fs::write(directory.path().join("other"), "").unwrap();
        }
    }
}
