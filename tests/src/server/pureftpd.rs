//! Pure-FTPd, with one virtual user.

use std::process::Command;

use anyhow::Result;

use super::package::PUREFTPD;
use super::{CONTROL_PORT, NOBODY, PASSIVE_PORTS, Setting, TESTER};
use crate::lab::Family;
use crate::process;

pub(super) fn command(setting: &Setting) -> Result<Command> {
    let users = setting.folder.join("users");
    let database = setting.folder.join("users.pdb");
    let nobody = NOBODY.to_string();
    let mut add = PUREFTPD.with_libraries(Command::new(PUREFTPD.file("usr/bin/pure-pw")?));
    add.args(["useradd", TESTER.user, "-u", &nobody, "-g", &nobody, "-d"])
        .arg(setting.root)
        .arg("-f")
        .arg(&users)
        .arg("-F")
        .arg(&database)
        .arg("-m");
    // It asks for the password twice.
    let password = TESTER.password;
    process::run_with_input(&mut add, &format!("{password}\n{password}\n"))?;

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
        .args(["--chrooteveryone", "--noanonymous", "--dontresolve", "--maxclientsperip", "50"])
        .arg(match setting.family {
            Family::V4 => "--ipv4only",
            Family::V6 => "--ipv6only",
        });
    Ok(PUREFTPD.with_libraries(command))
}
