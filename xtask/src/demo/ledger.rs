//! What the demonstration has shown so far, and whether it was as it should be.

use std::fmt::Display;

use super::interrupt;
use crate::progress::Seconds;
use crate::style;

/// Collects what was seen; everything that goes in is printed at once.
#[derive(Default)]
pub(super) struct Ledger {
    seen: usize,
    wrong: Vec<String>,
    /// Files that went through whole, and those that were rightly stopped.
    pub(super) transfers: usize,
    /// Connections that were rightly stopped.
    pub(super) stopped: usize,
    /// Expectations that were seen in the tracker and then used.
    pub(super) expectations: usize,
}

impl Ledger {
    /// Notes something that should be so.
    pub(super) fn check(&mut self, is_so: bool, what: impl Display) -> bool {
        interrupt::hold_if_interrupted();
        self.seen += 1;
        if is_so {
            anstream::println!("  {} {what}", style::good("ok "));
        } else {
            anstream::println!("  {} {what}", style::bad("no "));
            self.wrong.push(what.to_string());
        }
        is_so
    }

    /// Notes many things at once that were printed in another form; `wrong` holds those amiss.
    pub(super) fn add(&mut self, seen: usize, wrong: Vec<String>) {
        interrupt::hold_if_interrupted();
        self.seen += seen;
        self.wrong.extend(wrong);
    }

    /// Prints the summary; returns whether all was as it should be.
    pub(super) fn print_summary(&self, time: Seconds) -> bool {
        super::headline("Summary");
        anstream::println!(
            "  {:>4}  files transferred through ftp-track, compared byte by byte",
            self.transfers
        );
        anstream::println!(
            "  {:>4}  expectations seen in the tracker, then used",
            self.expectations
        );
        anstream::println!(
            "  {:>4}  connections stopped that nobody had announced",
            self.stopped
        );
        anstream::println!("  {:>4}  observations in {time}", self.seen);
        for what in &self.wrong {
            anstream::println!("  {} {what}", style::bad("not as it should be:"));
        }
        if self.wrong.is_empty() {
            anstream::println!("\n{}", style::good("Everything was as it should be."));
        } else {
            let count = format!(
                "{} of {} were not as they should be.",
                self.wrong.len(),
                self.seen
            );
            anstream::println!("\n{}", style::bad(count));
        }
        self.wrong.is_empty()
    }
}
