//! Output for people and for programs.

use std::io::{self, StdoutLock, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::{
    cause, escape,
    instance::Name,
    journald::{self, Priority},
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

/// Who read our output had enough. The broken pipe of anything else is a failure.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub struct ReaderGone;

/// Where output goes: an error says if it is that of [`ReaderGone`].
pub struct Output<W>(pub W);

impl Output<StdoutLock<'static>> {
    /// The process's own.
    pub fn stdout() -> Self {
        Self(io::stdout().lock())
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(told)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(told)
    }
}

/// What an error of stdout is told as.
pub fn told(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::BrokenPipe => io::Error::new(kind, ReaderGone),
        _ => error,
    }
}

/// Writes text to stdout.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = Output::stdout();
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
    say(Priority::Error, &cause::chain(error.as_ref()));
}

/// Writes a remark to stderr.
pub fn print_remark(text: &str) {
    say(Priority::Warning, text);
}

fn say(priority: Priority, text: &str) {
    let mut text = format!("ftp-track: {}", escape::for_terminal(text));
    if journald::reads_stderr() {
        text = priority.mark(&text);
    }
    // There is no other place to say it.
    _ = writeln!(io::stderr(), "{text}");
}
