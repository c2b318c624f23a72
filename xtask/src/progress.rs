//! A sign of life while something takes its time.

use std::fmt::Display;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::style;

/// Does the work, with a spinner on a terminal and a line before and after it elsewhere.
pub fn during<T>(text: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let spinner = std::io::stderr().is_terminal().then(|| spinner(text));
    if spinner.is_none() {
        anstream::eprintln!("  ... {text}");
    }
    let result = work();
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    let mark = if result.is_ok() {
        style::good("ok ")
    } else {
        style::bad("no ")
    };
    anstream::eprintln!("  {mark} {text} {}", style::faint(Seconds(start.elapsed())));
    result
}

fn spinner(text: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(text.to_owned());
    if let Ok(style) = ProgressStyle::with_template("  {spinner}   {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// A time span as a person reads it.
pub struct Seconds(pub Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.1} s", self.0.as_secs_f32()))
    }
}
