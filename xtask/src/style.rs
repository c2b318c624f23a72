//! Colours of the output; anstream takes them out where they are not wanted.

use std::fmt::Display;

use clap::builder::styling::{AnsiColor, Style};

fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// What went as it should.
pub fn good(text: impl Display) -> String {
    painted(AnsiColor::Green.on_default().bold(), text)
}

/// What did not.
pub fn bad(text: impl Display) -> String {
    painted(AnsiColor::Red.on_default().bold(), text)
}

/// A heading.
pub fn heading(text: impl Display) -> String {
    painted(Style::new().bold(), text)
}

/// What may be read over.
pub fn faint(text: impl Display) -> String {
    painted(Style::new().dimmed(), text)
}
