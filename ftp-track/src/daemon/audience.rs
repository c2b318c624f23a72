//! Those who follow the events: a ring buffer has one reader, so the daemon passes them on.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{
    io::AsyncWriteExt as _,
    net::{UnixListener, UnixStream},
    sync::{
        Semaphore,
        broadcast::{Receiver, Sender, WeakSender, channel, error::RecvError},
    },
};
use tracing::warn;

use super::socket;
use crate::{
    control::Content,
    view::{Document, EventView, LostWhere, Metainfo},
};

/// Events that a slow follower may be behind; it is told how many it missed beyond that.
const BACKLOG: usize = 8192;
/// Followers at once.
const FOLLOWERS: usize = 64;
/// The pause after a connection that cannot be accepted (no more files, say).
const PAUSE: Duration = Duration::from_secs(1);

/// The socket, and everyone who is connected to it. They get JSON lines, the metainfo first.
pub struct Audience {
    _file: socket::File,
    sender: Sender<Arc<str>>,
}

impl Audience {
    /// Opens the socket at `path`, for this user only. Needs the runtime.
    pub fn open(path: PathBuf, metainfo: Metainfo) -> io::Result<Self> {
        let (listener, file) = socket::File::listen(path)?;
        let (sender, _) = channel(BACKLOG);
        let lines = Lines::of(metainfo);
        tokio::spawn(accept(listener, sender.downgrade(), lines));
        Ok(Self {
            _file: file,
            sender,
        })
    }

    /// Tells everyone. Never waits.
    pub fn tell(&self, event: &EventView) {
        if self.sender.receiver_count() != 0 {
            // The last follower may have gone in between.
            _ = self.sender.send(line(event));
        }
    }
}

#[derive(Serialize)]
struct Nothing {}

/// What a follower reads first.
struct Lines {
    /// Where there is a place for it.
    greeting: Arc<str>,
    /// Where there is none.
    refusal: Arc<str>,
}

impl Lines {
    fn of(metainfo: Metainfo) -> Self {
        let content = Content::Error(format!(
            "{FOLLOWERS} follow the events of this tracker, and there is no place for more: end \
             another `ftp-track monitor`"
        ));
        let refusal = line(&Document {
            metainfo: metainfo.clone(),
            content,
        });
        let content = Nothing {};
        let greeting = line(&Document { metainfo, content });
        Self { greeting, refusal }
    }
}

async fn accept(listener: UnixListener, sender: WeakSender<Arc<str>>, lines: Lines) {
    let places = Arc::new(Semaphore::new(FOLLOWERS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!("a follower of the events cannot be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(sender) = sender.upgrade() else {
            return;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            warn!("{FOLLOWERS} follow the events: one more is turned away");
            // A line has room in a new socket's buffer.
            _ = stream.try_write(lines.refusal.as_bytes());
            continue;
        };
        let (receiver, greeting) = (sender.subscribe(), Arc::clone(&lines.greeting));
        tokio::spawn(async move {
            // A follower that goes is no failure.
            _ = serve(stream, receiver, &greeting).await;
            drop(place);
        });
    }
}

/// Until the follower goes or the daemon ends.
async fn serve(
    mut stream: UnixStream,
    mut receiver: Receiver<Arc<str>>,
    greeting: &str,
) -> io::Result<()> {
    stream.write_all(greeting.as_bytes()).await?;
    loop {
        let text = tokio::select! {
            received = receiver.recv() => match received {
                Ok(text) => text,
                Err(RecvError::Lagged(count)) => line(&EventView::lost(count, LostWhere::Monitor)),
                Err(RecvError::Closed) => return Ok(()),
            },
            () = gone(&stream) => return Ok(()),
        };
        stream.write_all(text.as_bytes()).await?;
    }
}

/// Waits until the follower has closed its end; it has nothing to say.
async fn gone(stream: &UnixStream) {
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut [0; 64]) {
            Ok(read) if read != 0 => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

fn line(value: &impl Serialize) -> Arc<str> {
    // Views have only names for keys: they always serialise.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text.into()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    use tokio::{
        io::{AsyncBufReadExt as _, BufReader, Lines},
        time::timeout,
    };

    use super::*;
    use crate::instance::Name;

    const LIMIT: Duration = Duration::from_secs(10);

    async fn follow(path: &Path) -> Lines<BufReader<UnixStream>> {
        BufReader::new(UnixStream::connect(path).await.unwrap()).lines()
    }

    async fn next(lines: &mut Lines<BufReader<UnixStream>>) -> Option<String> {
        timeout(LIMIT, lines.next_line()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn followers_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let audience = Audience::open(path.clone(), Metainfo::of(&Name::default())).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut one = follow(&path).await;
        let mut other = follow(&path).await;
        for lines in [&mut one, &mut other] {
            assert!(next(lines).await.unwrap().starts_with("{\"metainfo\":"));
        }
        let event = EventView::lost(1, LostWhere::RingBuffer);
        audience.tell(&event);
        for lines in [&mut one, &mut other] {
            let text = next(lines).await.unwrap();
            assert_eq!(serde_json::from_str::<EventView>(&text).unwrap(), event);
        }
        drop(audience);
        assert_eq!(next(&mut one).await, None);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn one_too_many_is_told_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let _audience = Audience::open(path.clone(), Metainfo::of(&Name::default())).unwrap();
        let mut followers = Vec::new();
        for _ in 0..FOLLOWERS {
            let mut lines = follow(&path).await;
            assert!(!next(&mut lines).await.unwrap().contains("error"));
            followers.push(lines);
        }
        let mut turned_away = follow(&path).await;
        let text = next(&mut turned_away).await.unwrap();
        assert!(text.contains("\"error\":\"64 follow the events"), "{text}");
        assert_eq!(next(&mut turned_away).await, None);
    }

    #[tokio::test]
    async fn a_slow_follower_is_told_what_it_missed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let audience = Audience::open(path.clone(), Metainfo::of(&Name::default())).unwrap();
        let mut slow = follow(&path).await;
        next(&mut slow).await.unwrap();
        let event = EventView::lost(1, LostWhere::RingBuffer);
        let told = BACKLOG as u64 + 100;
        // Not a single await: nothing is written in between.
        for _ in 0..told {
            audience.tell(&event);
        }
        let first: EventView = serde_json::from_str(&next(&mut slow).await.unwrap()).unwrap();
        assert_eq!(first.place, Some(LostWhere::Monitor));
        assert_eq!(first.count, Some(told - BACKLOG as u64));
        let second: EventView = serde_json::from_str(&next(&mut slow).await.unwrap()).unwrap();
        assert_eq!(second, event);
    }
}
