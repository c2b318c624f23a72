//! Python's ftplib.

use crate::transfer::{Direction, Job, Mode};

use super::owned;

const SCRIPT: &str = "\
import ftplib, sys
host, user, password, mode, direction, remote, local = sys.argv[1:]
ftp = ftplib.FTP(host, user, password, timeout=10)
ftp.set_pasv(mode == 'passive')
if direction == 'download':
    with open(local, 'wb') as file:
        ftp.retrbinary('RETR ' + remote, file.write)
else:
    with open(local, 'rb') as file:
        ftp.storbinary('STOR ' + remote, file)
ftp.quit()
";

pub(super) fn arguments(job: &Job, direction: Direction) -> Vec<String> {
    let login = job.server.login();
    let mode = match job.mode {
        Mode::Passive => "passive",
        Mode::Active => "active",
    };
    let direction = match direction {
        Direction::Download => "download",
        Direction::Upload => "upload",
    };
    let local = job.local.to_string_lossy();
    let (host, user, password) = (job.host(), login.user, login.password);
    let remote = &job.remote;
    owned(&[
        "python3", "-c", SCRIPT, &host, user, password, mode, direction, remote, &local,
    ])
}
