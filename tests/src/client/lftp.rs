//! lftp.

use crate::transfer::{Direction, Job, Mode};

use super::owned;

pub(super) fn arguments(job: &Job, direction: Direction) -> Vec<String> {
    let login = job.server.login();
    let passive = match job.mode {
        Mode::Passive => "on",
        Mode::Active => "off",
    };
    let (local, remote) = (job.local.display(), &job.remote);
    let transfer = match direction {
        Direction::Download => format!("get {remote} -o {local}"),
        Direction::Upload => format!("put {local} -o {remote}"),
    };
    let (host, user, password) = (job.host(), login.user, login.password);
    // Without a limit lftp tries again for ever, and goes on in the background when it is ended.
    let script = format!(
        "set net:max-retries 1; set net:timeout 10; set cmd:move-background false; \
         set cmd:fail-exit true; set xfer:clobber on; set ftp:ssl-allow no; \
         set ftp:passive-mode {passive}; open -u {user},{password} ftp://{}; {transfer}; bye",
        if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        }
    );
    owned(&["lftp", "--norc", "-c", &script])
}
