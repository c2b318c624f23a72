//! The log: lines on stderr, for a person or the journal.

use std::{env, fmt, io};

use tracing::{Event, Level, Subscriber, warn};
use tracing_subscriber::{
    Layer as _,
    filter::Targets,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use super::remark::Remember;
use crate::journald::{self, Priority};

/// Where the daemon's own lines come from.
const OWN: &str = "ftp_track";

/// Starts the log. `RUST_LOG` says what is written. systemd's journal stamps the lines itself, and takes
/// their priority.
pub fn start() {
    let setting = env::var("RUST_LOG").unwrap_or_default();
    let filter = filter(&setting);
    let format = format::format().with_ansi(false).with_target(false);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = if journald::reads_stderr() {
        lines.event_format(Marked(format.without_time())).boxed()
    } else {
        lines.event_format(format).boxed()
    };
    let is_clear = filter.is_some();
    // Only the first one in a process counts.
    _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter.unwrap_or_else(usual)))
        .with(Remember)
        .try_init();
    if !is_clear {
        warn!("RUST_LOG={setting:?} is not understood; write error, warn, info, debug or trace");
    }
}

/// What is written where nobody says anything.
fn usual() -> Targets {
    Targets::new().with_target(OWN, Level::INFO)
}

/// What `RUST_LOG` asks for; the daemon's own warnings are written whatever it says. `None` if it cannot be
/// understood.
fn filter(setting: &str) -> Option<Targets> {
    if setting.trim().is_empty() {
        return Some(usual());
    }
    // The program has a hyphen, and the targets have none.
    let filter: Targets = setting.replace("ftp-track", OWN).parse().ok()?;
    if filter.would_enable(OWN, &Level::WARN) {
        Some(filter)
    } else {
        Some(filter.with_target(OWN, Level::WARN))
    }
}

/// Lines that begin with their priority.
struct Marked<F>(F);

impl<S, N, F> FormatEvent<S, N> for Marked<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        self.0
            .format_event(context, Writer::new(&mut text), event)?;
        let priority = match *event.metadata().level() {
            Level::ERROR => Priority::Error,
            Level::WARN => Priority::Warning,
            Level::INFO => Priority::Information,
            _ => Priority::Debug,
        };
        writeln!(writer, "{}", priority.mark(&text))
    }
}

#[cfg(test)]
mod tests {
    use tracing::{debug, error, info};

    use super::*;
    use crate::daemon::{remark::EVENTS, written::written};

    #[test]
    fn what_is_asked_for() {
        for (setting, own, events) in [
            ("", Level::INFO, Level::INFO),
            ("debug", Level::DEBUG, Level::DEBUG),
            ("ftp_track=debug", Level::DEBUG, Level::DEBUG),
            ("ftp-track=debug", Level::DEBUG, Level::DEBUG),
            ("aya=trace", Level::WARN, Level::WARN),
            ("ftp_track=error", Level::WARN, Level::WARN),
            ("off", Level::WARN, Level::WARN),
            ("info,ftp_track::events=error", Level::INFO, Level::ERROR),
            ("ftp_track::daemon=debug", Level::WARN, Level::WARN),
        ] {
            let filter = filter(setting).unwrap();
            for (target, expect) in [("ftp_track::cli", own), (EVENTS, events)] {
                let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG];
                for level in levels {
                    let enabled = filter.would_enable(target, &level);
                    assert_eq!(enabled, level <= expect, "{setting}: {target} {level}");
                }
            }
        }
        assert!(filter("ftp_track=loud").is_none());
    }

    #[test]
    fn every_line_has_its_priority() {
        let format = format::format().without_time().with_target(false);
        let layer = |writer| {
            tracing_subscriber::fmt::layer()
                .with_writer(writer)
                .event_format(Marked(format))
                .with_ansi(false)
        };
        let text = written(|lines| {
            let subscriber = tracing_subscriber::registry().with(layer(lines));
            tracing::subscriber::with_default(subscriber, || {
                error!("one\ntwo");
                warn!("three");
                info!("four");
                debug!("five");
            });
        });
        let expect = "<3>ERROR one\n<3>two\n<4> WARN three\n<6> INFO four\n<7>DEBUG five\n";
        assert_eq!(text, expect);
    }
}
