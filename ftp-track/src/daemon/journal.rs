//! The events of the network as lines of the log.

use std::{collections::BTreeMap, mem};

use ftp_track_common::rule::LogLevel;
use tracing::{Level, debug, info, warn};

use super::remark::EVENTS;
use crate::view::{EventName, EventView};

/// Events of a kind that are written between two calls of [`Journal::tick`].
const BUDGET: u64 = 10;

/// Writes events. Anyone can cause them, and so must not fill the log.
#[derive(Debug, Default)]
pub struct Journal {
    kinds: BTreeMap<EventName, Kind>,
}

/// The events of a kind since the last [`Journal::tick`].
#[derive(Debug)]
struct Kind {
    count: u64,
    /// The level of the loudest that was not written.
    loudest: Level,
}

impl Journal {
    /// Writes an event as loud as its rule says, unless it is one too many of its kind.
    pub fn write(&mut self, event: &EventView, level: LogLevel) {
        let Some(level) = loudness(event.event, level) else {
            return;
        };
        let kind = self.kinds.entry(event.event).or_insert(Kind {
            count: 0,
            loudest: Level::TRACE,
        });
        kind.count += 1;
        if kind.count <= BUDGET {
            line(level, &event.to_string());
        } else {
            // To `tracing`, what is louder is less.
            kind.loudest = kind.loudest.min(level);
        }
    }

    /// Starts a new second: what was not written is summed up.
    pub fn tick(&mut self) {
        for (name, kind) in mem::take(&mut self.kinds) {
            let unwritten = kind.count.saturating_sub(BUDGET);
            if unwritten != 0 {
                let sum = name.sum(unwritten);
                let text = format!("{sum}; `ftp-track monitor` shows each as it comes");
                line(kind.loudest, &text);
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.tick();
    }
}

/// How loud an event is; none is silent.
fn loudness(event: EventName, level: LogLevel) -> Option<Level> {
    Some(match (level, event) {
        (LogLevel::None, _) => return None,
        (LogLevel::Debug, _) => Level::DEBUG,
        (LogLevel::Info, _) => Level::INFO,
        (LogLevel::Warn, _)
        | (LogLevel::Normal, EventName::Dropped | EventName::Refused | EventName::Lost) => {
            Level::WARN
        }
        (LogLevel::Normal, _) => Level::INFO,
    })
}

fn line(level: Level, text: &str) {
    match level {
        Level::WARN => warn!(target: EVENTS, "{text}"),
        Level::INFO => info!(target: EVENTS, "{text}"),
        _ => debug!(target: EVENTS, "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{daemon::written::written, view::LostWhere};

    /// The lines that `write` writes.
    fn lines(write: impl FnOnce(&mut Journal)) -> Vec<String> {
        let text = written(|lines| {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(Level::DEBUG)
                .without_time()
                .with_ansi(false)
                .with_writer(lines)
                .finish();
            tracing::subscriber::with_default(subscriber, || write(&mut Journal::default()));
        });
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn event(event: EventName) -> EventView {
        EventView {
            event,
            ..EventView::lost(1, LostWhere::RingBuffer)
        }
    }

    const KINDS: [(EventName, &str); 10] = [
        (EventName::SessionNew, "[NEW] 90 more sessions"),
        (EventName::SessionEnd, "[DESTROY] 90 more sessions"),
        (EventName::ExpectationNew, "[NEW] 90 more expectations"),
        (EventName::ExpectationUsed, "[USED] 90 more expectations"),
        (EventName::ExpectationEnd, "[DESTROY] 90 more expectations"),
        (EventName::Refused, "[REFUSED] 90 more requests"),
        (EventName::FlowNew, "[NEW] 90 more flows"),
        (EventName::FlowEnd, "[DESTROY] 90 more flows"),
        (EventName::Dropped, "[DROPPED] 90 more connections"),
        (EventName::Lost, "[LOST] 90 more reports of lost events"),
    ];

    #[test]
    fn a_flood_of_any_kind_is_summed_up() {
        for level in [LogLevel::Normal, LogLevel::Warn, LogLevel::Debug] {
            for (kind, sum) in KINDS {
                let lines = lines(|journal| {
                    for _ in 0..100 {
                        journal.write(&event(kind), level);
                    }
                    journal.tick();
                    journal.tick();
                    journal.write(&event(kind), level);
                });
                assert_eq!(lines.len(), BUDGET as usize + 2, "{lines:#?}");
                assert!(lines[10].contains(sum), "{lines:#?}");
                assert!(!lines[11].contains("more"), "a new second: {lines:#?}");
            }
        }
    }

    #[test]
    fn one_kind_does_not_use_up_the_others_budget() {
        let lines = lines(|journal| {
            for (kind, _) in KINDS {
                for _ in 0..BUDGET {
                    journal.write(&event(kind), LogLevel::Normal);
                }
            }
        });
        assert_eq!(lines.len(), KINDS.len() * BUDGET as usize);
    }

    #[test]
    fn what_nobody_wants_to_know_of_is_not_counted() {
        let lines = lines(|journal| {
            for _ in 0..100 {
                journal.write(&event(EventName::Dropped), LogLevel::None);
            }
        });
        assert!(lines.is_empty(), "{lines:?}");
    }

    /// The sum is as loud as the loudest that it stands for.
    #[test]
    fn a_sum_is_as_loud_as_its_events() {
        let flood = |last| {
            lines(|journal| {
                for _ in 0..BUDGET + 1 {
                    journal.write(&event(EventName::FlowNew), LogLevel::Debug);
                }
                journal.write(&event(EventName::FlowNew), last);
            })
        };
        for (last, word) in [(LogLevel::Debug, "DEBUG"), (LogLevel::Warn, "WARN")] {
            let lines = flood(last);
            assert!(lines[10].starts_with(word), "{lines:#?}");
        }
    }

    /// They are no remarks on the tracker, however loud a rule wants them.
    #[test]
    fn all_are_events_of_the_network() {
        for level in [LogLevel::Normal, LogLevel::Warn, LogLevel::Debug] {
            let lines = lines(|journal| {
                for (kind, _) in KINDS {
                    for _ in 0..BUDGET + 1 {
                        journal.write(&event(kind), level);
                    }
                }
            });
            let target = format!(" {EVENTS}: ");
            assert!(
                lines.iter().all(|line| line.contains(&target)),
                "{lines:#?}"
            );
        }
    }
}
