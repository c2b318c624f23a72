//! ncftpget and ncftpput.

use crate::transfer::{Direction, Job, Mode};

use super::owned;

pub(super) fn arguments(job: &Job, direction: Direction) -> Vec<String> {
    let login = job.server.login();
    let local = job.local.to_string_lossy();
    let mode = match job.mode {
        Mode::Passive => "-F",
        Mode::Active => "-E",
    };
    let (program, from, to) = match direction {
        Direction::Download => ("ncftpget", job.remote.as_str(), &*local),
        Direction::Upload => ("ncftpput", &*local, job.remote.as_str()),
    };
    let (host, user, password) = (job.host(), login.user, login.password);
    owned(&[
        program, "-V", "-r", "1", "-t", "10", "-u", user, "-p", password, mode, "-C", &host, from,
        to,
    ])
}
