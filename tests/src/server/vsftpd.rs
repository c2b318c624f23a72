//! vsftpd.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{CONTROL_PORT, PASSIVE_PORTS, Setting};
use crate::lab::Family;
use crate::package::VSFTPD;

pub(super) fn command(setting: &Setting) -> Result<Command> {
    let empty = setting.folder.join("empty");
    fs::create_dir(&empty)?;
    let (listen, listen_ipv6, address) = match setting.family {
        Family::V4 => ("YES", "NO", "listen_address"),
        Family::V6 => ("NO", "YES", "listen_address6"),
    };
    let (first, last) = PASSIVE_PORTS;
    // It may not bind port 20 where it may connect to anybody.
    let (fxp, port_20) = if setting.fxp {
        ("YES", "NO")
    } else {
        ("NO", "YES")
    };
    // vsftpd wants the home of ftp_username to exist, and that of nobody does not.
    let configuration = format!(
        "\
background=NO
listen={listen}
listen_ipv6={listen_ipv6}
{address}={}
listen_port={CONTROL_PORT}
local_enable=NO
anonymous_enable=YES
anon_root={}
anon_world_readable_only=NO
anon_upload_enable=YES
anon_umask=022
write_enable=YES
ftp_username=daemon
nopriv_user=nobody
secure_chroot_dir={}
pasv_min_port={first}
pasv_max_port={last}
connect_from_port_20={port_20}
xferlog_enable=NO
isolate=NO
isolate_network=NO
connect_timeout=6
port_promiscuous={fxp}
pasv_promiscuous={fxp}
",
        setting.address(),
        setting.root.display(),
        empty.display(),
    );
    let file = setting.write("vsftpd.conf", &configuration)?;
    let mut command = setting.in_namespace(&VSFTPD.program()?);
    command.arg(file);
    Ok(VSFTPD.with_libraries(command))
}
