//! From the kernel's FTP helper to ftp-track, and back: what this machine has, and what to do.
//!
//! [`Survey`] is what was found and, as important, what could not be looked at; [`Plan`] is made
//! from it. Looking is apart from understanding: every parser takes text. Nothing is changed.

mod boot;
mod change;
mod firewalld;
mod interface;
mod iptables;
mod kernel;
mod nft;
mod plan;
mod ports;
mod program;
mod rule;
mod survey;
mod tracker;

pub use self::{
    boot::BootLine,
    change::Change,
    interface::Interface,
    kernel::{Helper, Presence},
    plan::{Plan, Step},
    program::Obstacle,
    rule::{Role, Rule},
    survey::{Survey, Verdict},
    tracker::Attachment,
};
use crate::exit::Exit;

/// What `migrate --check` found wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// Both admit data connections.
    #[error(
        "the kernel's FTP helper and ftp-track are both active: what either of them admits comes in. \
         `ftp-track migrate` prints how to remove one of them"
    )]
    Conflict,
    /// Nothing speaks against it, but not everything was seen.
    #[error("not everything could be looked at, so nobody can say that it is clean: {0}")]
    Unseen(String),
}

impl Error {
    /// The exit status it leads to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Conflict => Exit::Failure,
            Self::Unseen(_) => Exit::Refused,
        }
    }
}
