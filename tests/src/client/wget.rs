//! GNU wget.

use crate::transfer::{Job, Mode};

use super::owned;

pub(super) fn arguments(job: &Job) -> Vec<String> {
    let login = job.server.login();
    let local = job.local.to_string_lossy();
    let user = format!("--ftp-user={}", login.user);
    let password = format!("--ftp-password={}", login.password);
    let url = job.url();
    let mut arguments = owned(&[
        "wget",
        "--no-verbose",
        "--no-config",
        "--no-glob",
        "--tries=1",
    ]);
    arguments.extend(owned(&[
        &user,
        &password,
        "--output-document",
        &local,
        &url,
    ]));
    if job.mode == Mode::Active {
        arguments.push("--no-passive-ftp".to_owned());
    }
    arguments
}
