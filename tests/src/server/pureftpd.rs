//! Pure-FTPd, with one virtual user.

use std::process::Command;

use anyhow::Result;

use super::{CONTROL_PORT, PASSIVE_PORTS, Setting, TESTER};
use crate::lab::Family;
use crate::package::PUREFTPD;
use crate::process;

/// crypt(3) of the tester's password. The hash that `pure-pw useradd` makes takes a second per login.
const PASSWORD_HASH: &str = "$6$ftptrack$EBLxZC99LfOuBsLuaRpZxl/wrUjuTlrXXR6eeTZPjqgENGTivABF1frWkYqlSymvRq5Epgskc1PiamIW0M4LA.";

pub(super) fn command(setting: &Setting) -> Result<Command> {
    let line = format!(
        "{}:{PASSWORD_HASH}:65534:65534::{}/./::::::::::::\n",
        TESTER.user,
        setting.root.display()
    );
    let users = setting.write("users", &line)?;
    let database = setting.folder.join("users.pdb");
    let mut make = PUREFTPD.with_libraries(Command::new(PUREFTPD.file("usr/bin/pure-pw")?));
    process::run(make.arg("mkdb").arg(&database).arg("-f").arg(&users))?;

    let (first, last) = PASSIVE_PORTS;
    let mut command = setting.in_namespace(&PUREFTPD.program()?);
    command
        .arg("--bind")
        .arg(format!("{},{CONTROL_PORT}", setting.address()))
        .arg("--login")
        .arg(format!("puredb:{}", database.display()))
        .arg("--pidfile")
        .arg(setting.folder.join("pure-ftpd.pid"))
        .arg("--passiveportrange")
        .arg(format!("{first}:{last}"))
        .args([
            "--chrooteveryone",
            "--noanonymous",
            "--dontresolve",
            "--maxclientsperip",
            "50",
        ])
        .arg(match setting.family {
            Family::V4 => "--ipv4only",
            Family::V6 => "--ipv6only",
        });
    Ok(PUREFTPD.with_libraries(command))
}
