//! Asking a running daemon.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

use anyhow::{Context as _, bail};

use super::{Answer, Content, Request};
use crate::{
    instance::{self, Name},
    view::SCHEMA,
};

/// How long an answer may take: maps with 100,000 entries are flushed in less.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the daemon of `name`; `None` when there is none.
pub fn ask(name: &Name, request: &Request) -> anyhow::Result<Option<Content>> {
    let path = instance::control_path(name);
    let mut stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut text = String::new();
    BufReader::new(stream)
        .read_line(&mut text)
        .context("the tracker does not answer")?;
    let answer: Answer = serde_json::from_str(&text)
        .context("what answers on the tracker's control socket is no ftp-track of this version")?;
    if answer.metainfo.schema != SCHEMA {
        bail!(
            "the tracker is ftp-track {} and answers in schema {}; use its own ftp-track",
            answer.metainfo.version,
            answer.metainfo.schema
        );
    }
    Ok(Some(answer.content))
}
