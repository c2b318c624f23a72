//! The log: lines on stderr, for a person or the journal.

use std::{env, io};

use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::remark::Remember;

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
