//! The last warnings and errors, for `ftp-track status`.

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    sync::Mutex,
};

use jiff::Timestamp;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::view::RemarkView;

/// How many are remembered.
const MEMORY: usize = 10;

static REMARKS: Mutex<VecDeque<RemarkView>> = Mutex::new(VecDeque::new());

/// The last warnings and errors, the oldest first.
pub fn last() -> Vec<RemarkView> {
    REMARKS
        .lock()
        .map(|remarks| remarks.iter().cloned().collect())
        .unwrap_or_default()
}

/// Remembers warnings and errors as they are logged. Events of the network do not count: anyone can
/// cause them.
pub struct Remember;

/// The target of log lines that are events of the network.
pub const EVENTS: &str = "ftp_track::events";

impl<S: Subscriber> Layer<S> for Remember {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            _ => return,
        };
        if event.metadata().target() == EVENTS {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Ok(mut remarks) = REMARKS.lock() {
            if remarks.len() == MEMORY {
                remarks.pop_front();
            }
            remarks.push_back(RemarkView {
                time: Timestamp::now(),
                level: level.to_owned(),
                message: message.0,
            });
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::{info, warn};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn the_last_ones_are_remembered() {
        let subscriber = tracing_subscriber::registry().with(Remember);
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..2 * MEMORY {
                warn!("number {number}");
                info!("not this");
                warn!(target: EVENTS, "nor this");
            }
        });
        let last = last();
        assert_eq!(last.len(), MEMORY);
        assert_eq!(
            last[MEMORY - 1].message,
            format!("number {}", 2 * MEMORY - 1)
        );
        assert_eq!(last[0].level, "warning");
    }
}
