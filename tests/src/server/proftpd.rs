//! ProFTPD.

use std::process::Command;

use anyhow::Result;

use super::{CONTROL_PORT, PASSIVE_PORTS, Setting};
use crate::package::PROFTPD;

pub(super) fn command(setting: &Setting) -> Result<Command> {
    let (folder, root) = (setting.folder.display(), setting.root.display());
    let (first, last) = PASSIVE_PORTS;
    let fxp = if setting.fxp { "on" } else { "off" };
    let configuration = format!(
        "\
ServerName lab
ServerType standalone
DefaultServer on
DefaultAddress {}
Port {CONTROL_PORT}
UseIPv6 on
UseReverseDNS off
User nobody
Group nogroup
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/proftpd.scoreboard
SystemLog {folder}/proftpd.log
TransferLog none
WtmpLog off
DelayEngine off
AuthOrder mod_auth_unix.c
PassivePorts {first} {last}
MaxInstances 30
AllowForeignAddress {fxp}
<Anonymous {root}>
  User nobody
  Group nogroup
  UserAlias anonymous nobody
  RequireValidShell off
  UseFtpUsers off
  AllowOverwrite on
</Anonymous>
",
        setting.address(),
    );
    let file = setting.write("proftpd.conf", &configuration)?;
    let mut command = setting.in_namespace(&PROFTPD.program()?);
    command.arg("--nodaemon").arg("--config").arg(file);
    Ok(PROFTPD.with_libraries(command))
}
