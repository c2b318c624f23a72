//! FTP clients: how each is told to move one file.

mod curl;
mod ftplib;
mod lftp;
mod ncftp;
mod tnftp;
mod wget;

use std::fmt;

use anyhow::{Result, bail};

use crate::lab::Family;
use crate::transfer::{Direction, Job, Mode, Transfer};

/// A client program, installed on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// curl with PASV and PORT over IPv4.
    Curl,
    /// curl with EPSV and EPRT, its default, also over IPv4 (RFC 2428).
    CurlExtended,
    /// lftp, which sends several commands without waiting for replies.
    Lftp,
    /// tnftp, the BSD client.
    Tnftp,
    /// ncftpget and ncftpput.
    Ncftp,
    /// GNU wget.
    Wget,
    /// Python's ftplib.
    Ftplib,
}

impl Client {
    /// All of them.
    pub const ALL: [Client; 7] = [
        Client::Curl,
        Client::CurlExtended,
        Client::Lftp,
        Client::Tnftp,
        Client::Ncftp,
        Client::Wget,
        Client::Ftplib,
    ];

    /// Why this client cannot do a transfer of that shape, if so.
    pub fn obstacle(
        self,
        mode: Mode,
        family: Family,
        direction: Direction,
    ) -> Option<&'static str> {
        match (self, mode, family, direction) {
            (Client::CurlExtended, _, Family::V6, _) => {
                Some("over IPv6 there is no PASV or PORT to choose instead, so curl covers it")
            }
            (Client::Ncftp, _, Family::V6, _) => Some("ncftp 3 speaks IPv4 only"),
            (Client::Wget, _, _, Direction::Upload) => Some("wget has no upload"),
            _ => None,
        }
    }

    /// The program and its arguments.
    pub(crate) fn arguments(self, job: &Job, direction: Direction) -> Result<Vec<String>> {
        if let Some(reason) = self.obstacle(job.mode, job.family, direction) {
            bail!("no such transfer: {reason}");
        }
        Ok(match self {
            Client::Curl => curl::arguments(job, direction, curl::Dialect::Classic),
            Client::CurlExtended => curl::arguments(job, direction, curl::Dialect::Extended),
            Client::Lftp => lftp::arguments(job, direction),
            Client::Tnftp => tnftp::arguments(job, direction),
            Client::Ncftp => ncftp::arguments(job, direction),
            Client::Wget => wget::arguments(job),
            Client::Ftplib => ftplib::arguments(job, direction),
        })
    }

    /// A transfer by this client.
    pub fn transfer(self, mode: Mode, family: Family, direction: Direction) -> Transfer {
        Transfer {
            client: self,
            mode,
            family,
            direction,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Client::Curl => "curl",
            Client::CurlExtended => "curl (EPSV/EPRT)",
            Client::Lftp => "lftp",
            Client::Tnftp => "tnftp",
            Client::Ncftp => "ncftp",
            Client::Wget => "wget",
            Client::Ftplib => "ftplib",
        })
    }
}

/// Owned strings of a program's arguments.
fn owned(arguments: &[&str]) -> Vec<String> {
    arguments
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
}
