//! Sockets in the runtime directory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::sys::stat::{Mode, umask};
use tokio::net::UnixListener;

/// The file of a socket; it goes when this is dropped.
pub struct File(PathBuf);

impl File {
    /// As [`listen`].
    pub fn listen(path: PathBuf) -> io::Result<(UnixListener, Self)> {
        Ok((listen(&path)?, Self(path)))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What cannot be removed does no harm: the next daemon replaces it.
        _ = fs::remove_file(&self.0);
    }
}

/// Listens at `path`, for this user only. The caller holds the instance's lock, so a socket that
/// lies there belongs to nobody.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let before = umask(Mode::S_IRWXG | Mode::S_IRWXO | Mode::S_IXUSR);
    let listener = UnixListener::bind(path);
    umask(before);
    listener
}
