//! One file moved by a real client to or from a real server, and compared by content.

use std::fmt;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::client::Client;
use crate::lab::{Family, Host, Lab};
use crate::server::Server;

/// Who opens the data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The client, after PASV or EPSV.
    Passive,
    /// The server, after PORT or EPRT.
    Active,
}

impl Mode {
    /// Both.
    pub const ALL: [Mode; 2] = [Mode::Passive, Mode::Active];
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Passive => "passive",
            Mode::Active => "active",
        })
    }
}

/// Which way the file goes, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the server (RETR).
    Download,
    /// To the server (STOR).
    Upload,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Download, Direction::Upload];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Direction::Download => "download",
            Direction::Upload => "upload",
        })
    }
}

/// What is to be transferred, by whom and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The program in the client's namespace.
    pub client: Client,
    /// Who opens the data connection.
    pub mode: Mode,
    /// IPv4 or IPv6.
    pub family: Family,
    /// Down or up.
    pub direction: Direction,
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            client,
            mode,
            family,
            direction,
        } = self;
        write!(f, "{client}, {mode}, {family}, {direction}")
    }
}

/// What came of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client reported success and the file arrived byte by byte.
    Complete,
    /// The client reported success, but the file that arrived is another.
    Corrupt(String),
    /// The client reported failure, or did not end in time. The text is its own.
    Failed(String),
}

/// What a client program is told.
pub(crate) struct Job<'a> {
    pub(crate) server: &'a Server,
    pub(crate) mode: Mode,
    pub(crate) family: Family,
    /// The path on the server, relative to the folder after login.
    pub(crate) remote: String,
    /// The file on this machine.
    pub(crate) local: PathBuf,
}

impl Job<'_> {
    /// `ftp://host/path`, without the login.
    pub(crate) fn url(&self) -> String {
        format!("ftp://{}/{}", self.url_host(), self.remote)
    }

    /// `ftp://user:password@host/path`.
    pub(crate) fn url_with_login(&self) -> String {
        let login = self.server.login();
        let (user, password) = (login.user, login.password);
        format!(
            "ftp://{user}:{password}@{}/{}",
            self.url_host(),
            self.remote
        )
    }

    fn url_host(&self) -> String {
        match self.family {
            Family::V4 => self.host(),
            Family::V6 => format!("[{}]", self.host()),
        }
    }

    /// The server's address, without brackets.
    pub(crate) fn host(&self) -> String {
        self.server.host().address(self.family).to_string()
    }
}

impl Transfer {
    /// Runs the transfer; `patience` ends a client that waits for what will not come.
    ///
    /// # Errors
    /// When the program could not be run at all, or when there is no such transfer with this
    /// client ([`Client::obstacle`]).
    pub fn run(&self, lab: &Lab, server: &Server, patience: Duration) -> Result<Outcome> {
        self.run_from(lab, Host::Client, server, patience)
    }

    /// Runs the transfer with a client on any host of the lab.
    ///
    /// # Errors
    /// As [`Transfer::run`].
    pub fn run_from(
        &self,
        lab: &Lab,
        host: Host,
        server: &Server,
        patience: Duration,
    ) -> Result<Outcome> {
        let (job, source, target) = match self.direction {
            Direction::Download => {
                let target = lab.folder().join("downloaded");
                let job = self.job(server, server.download_name().to_owned(), target.clone());
                (job, server.download_file(), target)
            }
            Direction::Upload => {
                let (remote, target) = server.upload_target();
                let source = server.download_file();
                (self.job(server, remote, source.clone()), source, target)
            }
        };
        // What is compared afterwards must have been made by this transfer.
        if target.exists() {
            fs::remove_file(&target).with_context(|| format!("cannot remove {target:?}"))?;
        }
        let arguments = self.client.arguments(&job, self.direction)?;
        let mut command = lab.namespace(host).command("timeout");
        command
            .args(["--signal=KILL", &format!("{}", patience.as_secs_f32())])
            .args(arguments)
            .env("HOME", lab.folder())
            .current_dir(lab.folder());
        let output = command.output().context("cannot run nsenter")?;
        if !output.status.success() {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            let end = match (output.status.signal(), output.status.code()) {
                (Some(9), _) | (_, Some(137)) => format!("no end within {patience:?}"),
                _ => output.status.to_string(),
            };
            return Ok(Outcome::Failed(format!("{end}: {text}")));
        }
        compare(&source, &target)
    }

    fn job<'a>(&self, server: &'a Server, remote: String, local: PathBuf) -> Job<'a> {
        Job {
            server,
            mode: self.mode,
            family: self.family,
            remote,
            local,
        }
    }
}

fn compare(source: &PathBuf, target: &PathBuf) -> Result<Outcome> {
    let sent = fs::read(source).with_context(|| format!("cannot read {source:?}"))?;
    let Ok(arrived) = fs::read(target) else {
        return Ok(Outcome::Corrupt("no file arrived".to_owned()));
    };
    Ok(if sent == arrived {
        Outcome::Complete
    } else {
        let (sent, arrived) = (sent.len(), arrived.len());
        Outcome::Corrupt(format!(
            "{sent} bytes were sent, {arrived} other bytes arrived"
        ))
    })
}
