//! Output for people and for programs.

use std::io::{self, Write as _};

use clap::ValueEnum;
use serde::Serialize;

use crate::{
    cause, escape,
    instance::Name,
    view::{Document, Metainfo},
};

/// How a listing is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: one object, which starts with the metainfo
    Json,
}

/// Writes text to stdout.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a JSON document to stdout, on one line.
pub fn print_json(instance: &Name, content: impl Serialize) -> anyhow::Result<()> {
    let metainfo = Metainfo::of(instance);
    let text = serde_json::to_string(&Document { metainfo, content })?;
    Ok(print(&format!("{text}\n"))?)
}

/// Writes an error to stderr.
pub fn print_error(error: &anyhow::Error) {
    let text = escape::for_terminal(&cause::chain(error.as_ref()));
    // There is no other place to say it.
    _ = writeln!(io::stderr(), "ftp-track: {text}");
}

/// Writes a remark to stderr.
pub fn print_remark(text: &str) {
    _ = writeln!(io::stderr(), "ftp-track: {}", escape::for_terminal(text));
}
