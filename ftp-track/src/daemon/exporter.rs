//! Where the metrics are served: takes scrapes in and hands them to the main loop, one at a time.

mod relocation;

use std::{
    fs, io,
    os::unix::{fs::FileTypeExt as _, net::UnixStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tracing::warn;

use super::socket;
use crate::{config::MetricsAddress, metrics};

/// Clients at once; the next ones wait.
const CLIENTS: usize = 8;
/// How long a client may take for all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a connection that cannot be accepted (no more files, say).
const PAUSE: Duration = Duration::from_secs(1);

/// A wish for the metrics: where they go, or why there are none.
pub type Scrape = oneshot::Sender<Result<Arc<str>, String>>;

/// The place where the metrics are served. Dropping it closes it.
pub struct Exporter {
    address: MetricsAddress,
    scrapes: mpsc::Receiver<Scrape>,
    task: JoinHandle<()>,
}

impl Exporter {
    /// Opens the place; a socket in the file system is for this user only. Needs the runtime.
    pub async fn open(address: &MetricsAddress) -> io::Result<Self> {
        Self::start(address, PATIENCE).await
    }

    async fn start(address: &MetricsAddress, patience: Duration) -> io::Result<Self> {
        let listener = Listener::open(address).await?;
        // Nobody waits long: the main loop answers each at once.
        let (sender, scrapes) = mpsc::channel(1);
        Ok(Self {
            address: address.clone(),
            scrapes,
            task: tokio::spawn(accept(listener, sender, patience)),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &MetricsAddress {
        &self.address
    }

    /// Waits for the next scrape. Safe to be cancelled.
    pub async fn next(exporter: &mut Option<Self>) -> Scrape {
        if let Some(exporter) = exporter
            && let Some(scrape) = exporter.scrapes.recv().await
        {
            return scrape;
        }
        // Nothing is served; or the task has ended, which it does not.
        std::future::pending().await
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.task.abort();
        if let MetricsAddress::Unix(path) = &self.address {
            _ = fs::remove_file(path);
        }
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    async fn open(address: &MetricsAddress) -> io::Result<Self> {
        Ok(match address {
            MetricsAddress::Tcp(address) => Self::Tcp(TcpListener::bind(address).await?),
            MetricsAddress::Unix(path) => {
                check_free(path)?;
                Self::Unix(socket::listen(path)?)
            }
        })
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Fails unless there is nothing at `path`, or a socket that a killed process has left.
fn check_free(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?.file_type(),
    };
    if !kind.is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is something else at this path",
        ));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
    }
}

async fn accept(listener: Listener, sender: mpsc::Sender<Scrape>, patience: Duration) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok(stream) => {
                let metrics = ask(sender.clone());
                tokio::spawn(async move {
                    // A client that goes or dawdles is no failure.
                    _ = timeout(patience, metrics::serve(stream, metrics)).await;
                    drop(place);
                });
            }
            Err(error) => {
                warn!("a client of the metrics cannot be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn ask(sender: mpsc::Sender<Scrape>) -> Result<Arc<str>, String> {
    let ending = || "the tracker is ending".to_owned();
    let (answer, answered) = oneshot::channel();
    sender.send(answer).await.map_err(|_| ending())?;
    answered.await.unwrap_or_else(|_| Err(ending()))
}

#[cfg(test)]
mod tests;
