//! tnftp.

use crate::transfer::{Direction, Job, Mode};

use super::owned;

pub(super) fn arguments(job: &Job, direction: Direction) -> Vec<String> {
    let local = job.local.to_string_lossy();
    let url = job.url_with_login();
    let mode = match job.mode {
        Mode::Passive => "-p",
        Mode::Active => "-A",
    };
    match direction {
        Direction::Download => owned(&["tnftp", "-V", mode, "-o", &local, &url]),
        Direction::Upload => owned(&["tnftp", "-V", mode, "-u", &url, &local]),
    }
}
