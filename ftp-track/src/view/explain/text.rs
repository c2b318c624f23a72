//! The story as a person reads it.

use std::fmt;

use super::{AttemptView, ExplainView, StoryView};
use crate::view::{duration, zone};

impl fmt::Display for ExplainView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.older != 0 {
            writeln!(
                formatter,
                "{} older control connections are left out; ask by port or number.\n",
                self.older
            )?;
        }
        for story in &self.control_connections {
            writeln!(formatter, "{story}")?;
        }
        if self.attempts.is_empty() {
            return writeln!(
                formatter,
                "No data connection between these hosts was tried lately."
            );
        }
        writeln!(formatter, "New connections between these hosts:")?;
        self.attempts
            .iter()
            .try_for_each(|attempt| write!(formatter, "{attempt}"))
    }
}

impl fmt::Display for StoryView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.map_or("gone", |state| state.text());
        writeln!(
            formatter,
            "Control connection {} from {} to {}{} ({state}):",
            self.id,
            self.client,
            self.server,
            zone::phrase(self.zone)
        )?;
        if self.forgotten != 0 {
            writeln!(formatter, "{:>12}  {} earlier ones", "...", self.forgotten)?;
        }
        for note in &self.notes {
            let ago = format!("{} ago", duration(note.ago_seconds));
            writeln!(formatter, "{ago:>12}  {}", note.text)?;
        }
        writeln!(formatter, "{:>12}  {}", "now", self.now)
    }
}

impl fmt::Display for AttemptView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ago = format!("{} ago", duration(self.ago_seconds));
        let verdict = if self.admitted {
            "admitted"
        } else {
            "not expected"
        };
        writeln!(
            formatter,
            "{ago:>12}  {} -> {}{} was {verdict}. {}",
            self.source,
            self.destination,
            zone::phrase(self.zone),
            self.why
        )
    }
}
