//! Interfaces that vanish, come back, appear later or are renamed, as netlink tells.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use rtnetlink::{MulticastGroup, new_multicast_connection};
use tokio::{sync::Notify, task::AbortHandle};

use super::Error;

/// Changes come in bursts; so long after the first one, all are looked at together.
const BURST: Duration = Duration::from_millis(10);

/// Tells when the interfaces of this network namespace have changed.
pub struct Follower {
    changed: Arc<Notify>,
    tasks: [AbortHandle; 2],
}

impl Follower {
    /// Listens from now on; needs the runtime.
    pub fn listen() -> Result<Self, Error> {
        let (connection, handle, mut messages) = new_multicast_connection(&[MulticastGroup::Link])
            .map_err(Error::system("a netlink socket cannot be opened"))?;
        let changed = Arc::new(Notify::new());
        let teller = Arc::clone(&changed);
        let connection = tokio::spawn(connection).abort_handle();
        let reader = tokio::spawn(async move {
            // The connection ends when its handle is dropped.
            let _handle = handle;
            // What has changed is read anew: messages may be lost, the state is not.
            while messages.next().await.is_some() {
                teller.notify_one();
            }
        });
        let tasks = [connection, reader.abort_handle()];
        Ok(Self { changed, tasks })
    }

    /// Waits for a change. Safe to be cancelled: what comes meanwhile is told the next time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until a burst of changes is over.
    pub async fn settle(&self) {
        tokio::time::sleep(BURST).await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
