//! What the administrator wants: from the command line and from a file.

mod file;
mod hook;
mod interface;
mod lifetime;
mod mark;
mod mode;
mod settings;
mod suggestion;

use std::{io, path::PathBuf};

pub use self::{
    file::File,
    hook::HookChoice,
    interface::{InterfaceName, InvalidInterface},
    lifetime::{InvalidLifetime, Lifetime},
    mark::{InvalidMark, Mark},
    mode::{Mode, UnknownMode},
    settings::{Choice, Settings},
};

/// What is wrong with the configuration. Nothing has been touched when it is found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file says something that cannot be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong, and a suggestion.
        message: String,
    },
    /// No interface is named.
    #[error(
        "no interface is named: use --interface IF (once for each), or `interfaces = [\"IF\"]` in the file"
    )]
    NoInterface,
}
