//! The sockets of a running daemon.

use std::{
    ffi::OsStr,
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use super::{Error, Name, RUNTIME_DIRECTORY};

/// The socket on which the daemon of `name` hands out events.
pub fn socket_path(name: &Name) -> PathBuf {
    Path::new(RUNTIME_DIRECTORY).join(format!("{name}.sock"))
}

/// The socket on which the daemon of `name` is asked.
pub fn control_path(name: &Name) -> PathBuf {
    Path::new(RUNTIME_DIRECTORY).join(format!("{name}.control"))
}

/// Whether some tracker has its lock or a socket at `path`.
pub fn is_own(path: &Path) -> bool {
    let directories = [RUNTIME_DIRECTORY, "/var/run/ftp-track"].map(Path::new);
    let is_there = path
        .parent()
        .is_some_and(|parent| directories.contains(&parent));
    let extension = path.extension().and_then(OsStr::to_str);
    is_there && matches!(extension, Some("sock" | "control" | "lock"))
}

/// Whether the daemon of `name` runs: its control socket takes connections.
pub fn is_running(name: &Name) -> Result<bool, Error> {
    Ok(connect(&control_path(name))?.is_some())
}

/// Connects to the socket of a daemon; none where nobody listens there.
pub fn connect(path: &Path) -> Result<Option<UnixStream>, Error> {
    use io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied};
    match UnixStream::connect(path) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => Ok(None),
        Err(error) if error.kind() == PermissionDenied => Err(Error::Privilege),
        Err(source) => Err(Error::Unreachable {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::net::UnixListener};

    use super::*;
    use crate::instance::lock::lock_path;

    #[test]
    fn own_places() {
        let name = Name::default();
        for path in [
            socket_path(&name),
            control_path(&name),
            lock_path(RUNTIME_DIRECTORY.as_ref(), &name),
        ] {
            assert!(is_own(&path), "{}", path.display());
        }
        for (path, expect) in [
            ("/run//ftp-track/./other.sock", true),
            ("/var/run/ftp-track/other.lock", true),
            ("/run/ftp-track/metrics", false),
            ("/run/default.sock", false),
            ("/run/ftp-track/metrics/default.sock", false),
        ] {
            assert_eq!(is_own(Path::new(path)), expect, "{path}");
        }
    }

    #[test]
    fn only_silence_means_no() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c");
        assert!(connect(&path).unwrap().is_none());
        let listener = UnixListener::bind(&path).unwrap();
        assert!(connect(&path).unwrap().is_some());
        drop(listener);
        assert!(connect(&path).unwrap().is_none());
        let beyond = path.join("c");
        assert!(matches!(connect(&beyond), Err(Error::Unreachable { .. })));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(connect(&path).unwrap().is_none());
    }
}
