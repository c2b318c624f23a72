//! Requests by the control socket.

use tracing::info;

use super::{Daemon, Read};
use crate::{
    cause,
    control::{Content, Request},
    daemon::{Ending, desk::Visit},
    manage::manage,
};

impl Daemon {
    /// Answers a request; true when it was to stop.
    pub(super) async fn answer(&mut self, visit: Visit, read: Read<'_>) -> bool {
        let (content, stop) = match &visit.request {
            Request::Status => (Content::Running(Box::new(self.view())), false),
            Request::Stop => {
                self.tracker.ending = Ending::Remove;
                self.end("asked to stop");
                // Before the answer: whoever reads it finds nothing left.
                let removed = self.tracker.remove();
                let said =
                    removed.map(|()| "stopped the tracker and removed its programs and maps");
                (content(said.map(str::to_owned)), true)
            }
            Request::Reload { apply_to_flows } => (self.reload(read, *apply_to_flows).await, false),
            request => match manage(&mut self.tracker.maps, request) {
                Ok(done) => {
                    info!("by hand: {}", done.sentence);
                    self.report(&done.events);
                    (Content::Done(done.sentence), false)
                }
                Err(refusal) => (Content::Error(cause::chain(&refusal)), false),
            },
        };
        visit.answer(content);
        stop
    }
}

fn content(done: Result<String, impl ToString>) -> Content {
    match done {
        Ok(sentence) => Content::Done(sentence),
        Err(reason) => Content::Error(reason.to_string()),
    }
}
