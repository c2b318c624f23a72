//! The control socket: takes requests in and hands them to the main loop, one at a time.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use tracing::warn;

use super::socket;
use crate::{
    control::{Answer, Content, LONGEST, Request},
    view::Metainfo,
};

/// Clients at once; the next ones wait.
const CLIENTS: usize = 8;
/// How long a client may take to ask, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a connection that cannot be accepted (no more files, say).
const PAUSE: Duration = Duration::from_secs(1);

/// A request, and where its answer goes.
pub struct Visit {
    /// What is asked.
    pub request: Request,
    answer: oneshot::Sender<Content>,
}

impl Visit {
    /// Answers.
    pub fn answer(self, content: Content) {
        // Who asked may have gone.
        _ = self.answer.send(content);
    }
}

/// The control socket.
pub struct Desk {
    file: socket::File,
    visits: mpsc::Receiver<Visit>,
    places: Arc<Semaphore>,
}

impl Desk {
    /// Opens the socket at `path`, for this user only. Needs the runtime.
    pub fn open(path: PathBuf, metainfo: Metainfo) -> io::Result<Self> {
        let (listener, file) = socket::File::listen(path)?;
        let (sender, visits) = mpsc::channel(1);
        let places = Arc::new(Semaphore::new(CLIENTS));
        let free = Arc::clone(&places);
        tokio::spawn(async move {
            while let Ok(place) = Arc::clone(&free).acquire_owned().await {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let (sender, metainfo) = (sender.clone(), metainfo.clone());
                        tokio::spawn(async move {
                            // A client that goes is no failure.
                            _ = serve(stream, &sender, metainfo).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        warn!("a request cannot be accepted: {error}");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        });
        Ok(Self {
            file,
            visits,
            places,
        })
    }

    /// Waits for the next request. Safe to be cancelled.
    pub async fn next(&mut self) -> Visit {
        match self.visits.recv().await {
            Some(visit) => visit,
            // The task that accepts has a sender for as long as the desk is open.
            None => std::future::pending().await,
        }
    }

    /// Lets the answers go out that were given, before the daemon ends.
    pub async fn close(self) {
        drop(self.file);
        let all = CLIENTS.saturating_sub(1) as u32;
        _ = timeout(PATIENCE, self.places.acquire_many(all)).await;
    }
}

async fn serve(
    stream: UnixStream,
    sender: &mpsc::Sender<Visit>,
    metainfo: Metainfo,
) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LONGEST as u64));
    if timeout(PATIENCE, reader.read_line(&mut line)).await?? == 0 {
        // Who only wants to know if a tracker runs says nothing.
        return Ok(());
    }
    let content = match serde_json::from_str(&line) {
        Ok(request) => ask(request, sender).await,
        Err(error) => Content::Error(format!("this is no request: {error}")),
    };
    // Views have only names for keys: they always serialise.
    let mut text = serde_json::to_string(&Answer { metainfo, content }).unwrap_or_default();
    text.push('\n');
    timeout(PATIENCE, write.write_all(text.as_bytes())).await??;
    Ok(())
}

async fn ask(request: Request, sender: &mpsc::Sender<Visit>) -> Content {
    let (answer, answered) = oneshot::channel();
    let ending = || Content::Error("the tracker is ending".to_owned());
    if sender.send(Visit { request, answer }).await.is_err() {
        return ending();
    }
    answered.await.unwrap_or_else(|_| ending())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::instance::Name;

    async fn talk(path: &Path, line: &str) -> String {
        let mut stream = UnixStream::connect(path).await.unwrap();
        stream.write_all(line.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn requests_are_answered() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c");
        let mut desk = Desk::open(path.clone(), Metainfo::of(&Name::default())).unwrap();
        let main_loop = async {
            let visit = desk.next().await;
            assert_eq!(visit.request, Request::Stop);
            visit.answer(Content::Done("stopped".to_owned()));
        };
        let (text, ()) = tokio::join!(talk(&path, "{\"request\":\"stop\"}\n"), main_loop);
        assert!(text.ends_with("\"done\":\"stopped\"}\n"), "{text}");
        let text = talk(&path, "{\"request\":\"dance\"}\n").await;
        assert!(text.contains("\"error\":\"this is no request"), "{text}");
        let endless = "x".repeat(LONGEST + 1);
        let mut stream = UnixStream::connect(&path).await.unwrap();
        // The desk may have answered and gone before all of it is written.
        _ = stream.write_all(endless.as_bytes()).await;
        desk.close().await;
        assert!(!path.exists());
    }
}
