//! Asking a running daemon.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, bail};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::{Answer, Content, Request};
use crate::{
    instance::{self, Name},
    view::SCHEMA,
};

/// How long it takes at most to say how it is.
const GLANCE: Duration = Duration::from_secs(5);
/// How long anything else may take: maps with 100,000 entries are flushed in less.
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
    /// It says nothing.
    #[error(
        "the tracker{} does not answer: it hangs, is suspended or has too much to do. Its programs go \
         on tracking.\nEnd it with kill -KILL{}, or wake it with kill -CONT, if it is suspended; the \
         next run takes over what a killed one leaves",
        process.map(|id| format!(" (process {id})")).unwrap_or_default(),
        process.map(|id| format!(" {id}")).unwrap_or_default()
    )]
    Silent {
        /// Its process, if it is known.
        process: Option<i32>,
    },
    /// Its answer is one to another request.
    #[error("the tracker misunderstood")]
    Misunderstood,
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
    let patience = match request {
        Request::Status => GLANCE,
        _ => PATIENCE,
    };
    ask_at(&instance::control_path(name), request, patience)
}

fn ask_at(path: &Path, request: &Request, patience: Duration) -> anyhow::Result<Option<Content>> {
    let Some(stream) = instance::connect(path)? else {
        return Ok(None);
    };
    let text = talk(stream, &serde_json::to_string(request)?, patience)?;
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
fn talk(mut stream: UnixStream, line: &str, patience: Duration) -> Result<String, Error> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut text = String::new();
    let mut reader = BufReader::new(stream);
    if let Err(error) = reader.read_line(&mut text) {
        return Err(match error.kind() {
            io::ErrorKind::WouldBlock => Error::Silent {
                process: process(reader.get_ref()),
            },
            _ => error.into(),
        });
    }
    match text.ends_with('\n') {
        true => Ok(text),
        false => Err(Error::Ended),
    }
}

/// Who listens at the other end; none where it is in another PID namespace.
fn process(stream: &UnixStream) -> Option<i32> {
    let credentials = getsockopt(stream, PeerCredentials).ok()?;
    Some(credentials.pid()).filter(|id| *id != 0)
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
            ask_at(&path, &Request::Status, PATIENCE)
        })
    }

    fn assert_ended(result: anyhow::Result<Option<Content>>) {
        let error = result.unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Failure);
        assert!(
            matches!(error.downcast_ref(), Some(Error::Ended)),
            "{error:?}"
        );
    }

    /// A daemon that ends has not done what it was asked.
    #[test]
    fn no_answer_is_a_failure() {
        assert_ended(asked(drop));
        assert_ended(asked(|mut stream| {
            assert_ne!(stream.read(&mut [0; 64]).unwrap(), 0);
        }));
        assert_ended(asked(|mut stream| {
            assert_ne!(stream.read(&mut [0; 64]).unwrap(), 0);
            stream.write_all(b"{\"metainfo\":").unwrap();
        }));
    }

    /// The kernel takes the connection for a daemon that does nothing.
    #[test]
    fn one_that_hangs_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c");
        let _listener = UnixListener::bind(&path).unwrap();
        let error = ask_at(&path, &Request::Status, Duration::from_millis(1)).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Failure);
        let named = format!("(process {})", std::process::id());
        assert!(error.to_string().contains(&named), "{error}");
        assert!(matches!(error.downcast_ref(), Some(Error::Silent { .. })));
    }

    /// A socket whose other end is closed already: the request meets a broken pipe.
    #[test]
    fn a_broken_pipe_is_a_failure() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let error = talk(ours, "{}", PATIENCE).unwrap_err();
        assert!(matches!(error, Error::Ended), "{error:?}");
        assert_eq!(Exit::of(&error.into()), Exit::Failure);
    }
}
