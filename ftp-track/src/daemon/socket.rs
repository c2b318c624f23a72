//! Sockets in the runtime directory.

use std::{fs, io, path::Path};

use nix::sys::stat::{Mode, umask};
use tokio::net::UnixListener;

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
