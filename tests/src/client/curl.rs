//! curl.

use crate::transfer::{Direction, Job, Mode};

use super::owned;

/// Which commands curl asks for a data connection with.
pub(super) enum Dialect {
    /// PASV and PORT, where the family has them.
    Classic,
    /// EPSV and EPRT.
    Extended,
}

pub(super) fn arguments(job: &Job, direction: Direction, dialect: Dialect) -> Vec<String> {
    let login = job.server.login();
    let login = format!("{}:{}", login.user, login.password);
    let local = job.local.to_string_lossy();
    let url = job.url();
    let mut arguments = owned(&["curl", "--silent", "--show-error", "--user", &login, &url]);
    match direction {
        Direction::Download => arguments.extend(owned(&["--output", &local])),
        Direction::Upload => arguments.extend(owned(&["--upload-file", &local])),
    }
    match job.mode {
        Mode::Passive => arguments.push("--ftp-pasv".to_owned()),
        Mode::Active => arguments.extend(owned(&["--ftp-port", "-"])),
    }
    if let Dialect::Classic = dialect {
        arguments.extend(owned(&["--disable-epsv", "--disable-eprt"]));
    }
    arguments
}
