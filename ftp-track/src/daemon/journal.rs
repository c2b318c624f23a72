//! The log: lines on stderr, for a person or the journal.

use std::{env, io};

use ftp_track_common::rule::LogLevel;
use tracing::{debug, info, warn};
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::remark::{EVENTS, Remember};
use crate::view::{EventName, EventView};

/// Starts the log. `RUST_LOG` sets the level; systemd's journal stamps the lines itself.
pub fn start() {
    let level = env::var("RUST_LOG").ok();
    let filter = level
        .and_then(|level| level.parse().ok())
        .unwrap_or_else(|| Targets::new().with_target("ftp_track", tracing::Level::INFO));
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false);
    let layer = if env::var_os("JOURNAL_STREAM").is_some() {
        lines.without_time().boxed()
    } else {
        lines.boxed()
    };
    // Only the first one in a process counts.
    _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .with(Remember)
        .try_init();
}

/// Dropped connections that are written between two calls of [`Journal::tick`].
const DROPS: u64 = 10;

/// Writes events. Anyone can have connections dropped, and so must not fill the log.
#[derive(Debug, Default)]
pub struct Journal {
    drops: u64,
}

impl Journal {
    /// Writes an event as loud as its rule says, unless it is one drop too many.
    pub fn write(&mut self, event: &EventView, level: LogLevel) {
        match level {
            LogLevel::Normal => self.write_normally(event),
            LogLevel::None => {}
            LogLevel::Debug => debug!("{event}"),
            LogLevel::Info => info!("{event}"),
            LogLevel::Warn => warn!("{event}"),
        }
    }

    fn write_normally(&mut self, event: &EventView) {
        match event.event {
            EventName::Dropped => {
                self.drops += 1;
                if self.drops <= DROPS {
                    warn!(target: EVENTS, "{event}");
                }
            }
            EventName::Refused | EventName::Lost => warn!(target: EVENTS, "{event}"),
            _ => info!(target: EVENTS, "{event}"),
        }
    }

    /// Starts a new second: the drops that were not written are summed up.
    pub fn tick(&mut self) {
        let unwritten = self.unwritten();
        if unwritten != 0 {
            warn!(target: EVENTS, "[DROPPED] {unwritten} more connections; `ftp-track monitor` shows each");
        }
        self.drops = 0;
    }

    fn unwritten(&self) -> u64 {
        self.drops.saturating_sub(DROPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::LostWhere;

    #[test]
    fn a_flood_of_drops_is_summed_up() {
        let mut journal = Journal::default();
        let lost = EventView::lost(1, LostWhere::RingBuffer);
        let drop = EventView {
            event: EventName::Dropped,
            ..lost.clone()
        };
        for _ in 0..DROPS {
            journal.write(&drop, LogLevel::Normal);
            journal.write(&lost, LogLevel::Normal);
        }
        assert_eq!(journal.unwritten(), 0);
        journal.write(&drop, LogLevel::Normal);
        journal.write(&drop, LogLevel::Normal);
        assert_eq!(journal.unwritten(), 2);
        journal.write(&drop, LogLevel::None);
        assert_eq!(journal.unwritten(), 2, "nobody wants to know of it");
        journal.tick();
        assert_eq!(journal.unwritten(), 0);
    }
}
