//! The kernel programs' events, told to the journal and to whoever follows.

use std::time::{Duration, Instant};

use ftp_track_common::{
    event::Event,
    policy::Binding,
    rule::{LogLevel, Rule},
};
use tracing::{error, warn};

use super::Daemon;
use crate::view::{self, EventView, LostWhere};

/// What the events of so long have in common: a count of those that were lost or not written.
pub(super) const SECOND: Duration = Duration::from_secs(1);

impl Daemon {
    pub(super) fn report(&mut self, events: &[Event]) {
        if !events.is_empty() {
            self.due.get_or_insert_with(|| Instant::now() + SECOND);
        }
        for event in events {
            match EventView::of(event) {
                Some(mut view) => {
                    let rule = self.rule(event);
                    view.rule = rule.as_ref().map(view::rule_name);
                    let level = rule.and_then(|rule| LogLevel::from_number(rule.log));
                    self.tell(&view, level.unwrap_or(LogLevel::Normal));
                }
                None => warn!(
                    "an event of an unknown kind: {} v{}",
                    event.kind, event.version
                ),
            }
        }
    }

    fn tell(&mut self, event: &EventView, level: LogLevel) {
        self.journal.write(event, level);
        self.audience.tell(event);
    }

    /// The rule that an event is under, if its policy is still known.
    fn rule(&self, event: &Event) -> Option<Rule> {
        if event.binding == Binding::default() {
            return None;
        }
        let maps = &self.tracker.maps;
        let rule = maps
            .settings
            .get()
            .and_then(|config| maps.rules.of(event.binding, &config));
        rule.unwrap_or_else(|error| {
            error!("{error}");
            None
        })
    }

    pub(super) fn tick(&mut self) {
        self.due = None;
        self.journal.tick();
        match self.tracker.maps.lost_events.get() {
            Ok(lost) if lost != self.lost => {
                let count = lost.wrapping_sub(self.lost);
                self.lost = lost;
                let lost = EventView::lost(count, LostWhere::RingBuffer);
                self.tell(&lost, LogLevel::Normal);
            }
            Ok(_) => {}
            Err(error) => error!("{error}"),
        }
    }
}
