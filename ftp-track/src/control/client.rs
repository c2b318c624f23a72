//! Asking a running daemon.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
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

/// Why a daemon gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It ended, or is ending.
    #[error(
        "the tracker ended before it answered: whether it did what it was asked is not known; \
         `ftp-track status` shows how it is"
    )]
    Ended,
    /// The connection failed.
    #[error("the tracker cannot be asked")]
    Connection(#[source] io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        match error.kind() {
            BrokenPipe | ConnectionReset => Self::Ended,
            _ => Self::Connection(error),
        }
    }
}

/// Asks the daemon of `name`; `None` when there is none.
pub fn ask(name: &Name, request: &Request) -> anyhow::Result<Option<Content>> {
    ask_at(&instance::control_path(name), request)
}

fn ask_at(path: &Path, request: &Request) -> anyhow::Result<Option<Content>> {
    let Some(stream) = instance::connect(path)? else {
        return Ok(None);
    };
    let text = talk(stream, &serde_json::to_string(request)?)?;
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

/// Writes a line and reads one.
fn talk(mut stream: UnixStream, line: &str) -> Result<String, Error> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut text = String::new();
    BufReader::new(stream).read_line(&mut text)?;
    match text.ends_with('\n') {
        true => Ok(text),
        false => Err(Error::Ended),
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, os::unix::net::UnixListener, thread};

    use super::*;
    use crate::exit::Exit;

    /// What comes of asking one that does `act` with the connection.
    fn asked(act: impl FnOnce(UnixStream) + Send) -> anyhow::Result<Option<Content>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c");
        let listener = UnixListener::bind(&path).unwrap();
        thread::scope(|scope| {
            scope.spawn(move || act(listener.accept().unwrap().0));
            ask_at(&path, &Request::Status)
        })
    }

    /// A daemon that ends has not done what it was asked.
    #[test]
    fn no_answer_is_a_failure() {
        let read = |stream: &mut UnixStream| {
            let mut line = [0; 64];
            assert_ne!(stream.read(&mut line).unwrap(), 0);
        };
        let rows: [(&str, fn(UnixStream)); 2] = [
            ("closed at once", drop),
            ("half a line", |mut stream| {
                stream.write_all(b"{\"metainfo\":").unwrap()
            }),
        ];
        for (name, act) in rows {
            let error = asked(act).unwrap_err();
            assert_eq!(Exit::of(&error), Exit::Failure, "{name}");
            assert!(
                matches!(error.downcast_ref(), Some(Error::Ended)),
                "{name}: {error:?}"
            );
        }
        let error = asked(|mut stream| read(&mut stream)).unwrap_err();
        assert!(
            matches!(error.downcast_ref(), Some(Error::Ended)),
            "{error:?}"
        );
    }

    /// A socket whose other end is closed already: the request meets a broken pipe.
    #[test]
    fn a_broken_pipe_is_a_failure() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let error = talk(ours, "{}").unwrap_err();
        assert!(matches!(error, Error::Ended), "{error:?}");
        assert_eq!(Exit::of(&error.into()), Exit::Failure);
    }
}
