//! FTP servers: how each is configured, started and found.

mod proftpd;
mod pureftpd;
mod pyftpdlib;
mod vsftpd;

use std::fmt;
use std::fs;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lab::{Family, Host, Lab};
use crate::package;
use crate::process::Service;

/// The FTP control port that every server listens on.
pub const CONTROL_PORT: u16 = 21;
/// The ports that servers offer for passive data connections, inclusive.
pub const PASSIVE_PORTS: (u16, u16) = (50000, 50999);

const DOWNLOAD: &str = "download.bin";
/// Large enough for many super-packets, and no multiple of anything.
const DOWNLOAD_BYTES: usize = 700_001;

/// A server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// vsftpd, as Debian packages it.
    Vsftpd,
    /// ProFTPD.
    Proftpd,
    /// Pure-FTPd.
    Pureftpd,
    /// pyftpdlib, from PyPI.
    Pyftpdlib,
}

/// What a client logs in with.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    /// The user's name.
    pub user: &'static str,
    /// The password; any will do for `anonymous`.
    pub password: &'static str,
}

const ANONYMOUS: Login = Login {
    user: "anonymous",
    password: "guest",
};
const TESTER: Login = Login {
    user: "tester",
    password: "secret",
};

impl ServerKind {
    /// All of them.
    pub const ALL: [ServerKind; 4] = [
        ServerKind::Vsftpd,
        ServerKind::Proftpd,
        ServerKind::Pureftpd,
        ServerKind::Pyftpdlib,
    ];

    fn login(self) -> Login {
        match self {
            ServerKind::Vsftpd | ServerKind::Proftpd => ANONYMOUS,
            ServerKind::Pureftpd | ServerKind::Pyftpdlib => TESTER,
        }
    }

    /// Whether the server can be run on this machine.
    pub fn is_installed(self) -> bool {
        match self {
            ServerKind::Vsftpd => package::VSFTPD.program().is_ok(),
            ServerKind::Proftpd => package::PROFTPD.program().is_ok(),
            ServerKind::Pureftpd => package::PUREFTPD.program().is_ok(),
            ServerKind::Pyftpdlib => pyftpdlib::interpreter().is_file(),
        }
    }

    /// Makes the server runnable, below the build's target folder only: nothing is installed into
    /// the system, and no service is started.
    ///
    /// # Errors
    /// When the package cannot be fetched or unpacked.
    pub fn fetch(self) -> Result<()> {
        match self {
            ServerKind::Vsftpd => package::VSFTPD.fetch(),
            ServerKind::Proftpd => package::PROFTPD.fetch(),
            ServerKind::Pureftpd => package::PUREFTPD.fetch(),
            ServerKind::Pyftpdlib => pyftpdlib::fetch(),
        }
    }

    /// The command that runs it in the foreground, in the server's namespace.
    fn command(self, setting: &Setting) -> Result<Command> {
        match self {
            ServerKind::Vsftpd => vsftpd::command(setting),
            ServerKind::Proftpd => proftpd::command(setting),
            ServerKind::Pureftpd => pureftpd::command(setting),
            ServerKind::Pyftpdlib => pyftpdlib::command(setting),
        }
    }
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ServerKind::Vsftpd => "vsftpd",
            ServerKind::Proftpd => "proftpd",
            ServerKind::Pureftpd => "pure-ftpd",
            ServerKind::Pyftpdlib => "pyftpdlib",
        })
    }
}

/// What a server is configured from.
struct Setting<'a> {
    lab: &'a Lab,
    host: Host,
    family: Family,
    address: IpAddr,
    /// Data connections may be with a third host.
    fxp: bool,
    /// For configurations, process ids and logs.
    folder: &'a Path,
    /// What a client sees as its folder after login.
    root: &'a Path,
}

impl Setting<'_> {
    fn address(&self) -> String {
        self.address.to_string()
    }

    fn in_namespace(&self, program: &Path) -> Command {
        self.lab.namespace(self.host).command(program)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// A server that runs in a lab. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    host: Host,
    address: IpAddr,
    kind: ServerKind,
    folder: PathBuf,
    uploads: AtomicU32,
    service: Service,
}

impl Server {
    /// Starts a server on the lab's server host and waits until it accepts connections.
    pub fn start(lab: &Lab, kind: ServerKind, family: Family) -> Result<Self> {
        Self::start_on(lab, Host::Server, kind, family)
    }

    /// Starts a server on any host of the lab and waits until it accepts connections.
    pub fn start_on(lab: &Lab, host: Host, kind: ServerKind, family: Family) -> Result<Self> {
        Self::start_with(lab, host, host.address(family), kind, false)
    }

    /// As [`Server::start_on`], on an address of the host, and with data connections to third hosts
    /// (FXP): vsftpd and ProFTPD can do that.
    pub fn start_for_fxp(lab: &Lab, host: Host, address: IpAddr, kind: ServerKind) -> Result<Self> {
        Self::start_with(lab, host, address, kind, true)
    }

    fn start_with(
        lab: &Lab,
        host: Host,
        address: IpAddr,
        kind: ServerKind,
        fxp: bool,
    ) -> Result<Self> {
        let folder = lab.folder().join(kind.to_string());
        let root = folder.join("root");
        prepare(&folder, &root).with_context(|| format!("cannot prepare {}", root.display()))?;
        let setting = Setting {
            lab,
            host,
            family: Family::of(address),
            address,
            fxp,
            folder: &folder,
            root: &root,
        };
        let command = kind.command(&setting)?;
        let name = kind.to_string();
        let mut service = Service::start(&name, command, &folder.join("log"))?;
        let address = SocketAddr::new(address, CONTROL_PORT);
        service.wait_ready(Duration::from_secs(30), || {
            let inside = lab.namespace(host);
            let connect = || TcpStream::connect_timeout(&address, Duration::from_secs(1));
            inside.enter(connect).is_ok_and(|stream| stream.is_ok())
        })?;
        Ok(Self {
            host,
            address: address.ip(),
            kind,
            folder,
            uploads: AtomicU32::new(0),
            service,
        })
    }

    /// Where it runs.
    pub fn host(&self) -> Host {
        self.host
    }

    /// Where it listens for control connections.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.address, CONTROL_PORT)
    }

    /// Which program it is.
    pub fn kind(&self) -> ServerKind {
        self.kind
    }

    /// What a client logs in with.
    pub fn login(&self) -> Login {
        self.kind.login()
    }

    /// The name of a file to download.
    pub fn download_name(&self) -> &'static str {
        DOWNLOAD
    }

    /// The file to download, on this machine.
    pub fn download_file(&self) -> PathBuf {
        self.folder.join("root").join(DOWNLOAD)
    }

    /// A path that was not uploaded to yet: for the client, and on this machine.
    pub fn upload_target(&self) -> (String, PathBuf) {
        let count = self.uploads.fetch_add(1, Ordering::Relaxed);
        let remote = format!("upload/{count}.bin");
        let local = self.folder.join("root").join(&remote);
        (remote, local)
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        self.service.log()
    }
}

/// Makes the folder that clients see: a file to download, and a folder to write to.
fn prepare(folder: &Path, root: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let upload = root.join("upload");
    fs::create_dir_all(&upload)?;
    for (path, mode) in [(folder, 0o755), (root, 0o755), (&*upload, 0o777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    fs::write(root.join(DOWNLOAD), contents(DOWNLOAD_BYTES))
}

/// Bytes without a pattern (xorshift), so that a lost, doubled or moved piece is seen.
fn contents(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}
