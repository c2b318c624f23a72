//! One line of the results: a kernel with one network driver.

use std::collections::BTreeMap;

use ftp_track_tests::guest::Report;
use serde::{Deserialize, Serialize};

use super::kernel::Duty;
use super::run::Outcome;

/// What is said of ftp-track on a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It works.
    Supported,
    /// It says what the kernel lacks, as it should.
    Refused,
    /// Some test failed.
    Failed,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One kernel with one network driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The kernel that was wanted: `newest-cloud-amd64`.
    pub line: String,
    /// The one that ran, as `uname -r` says it.
    pub kernel: String,
    /// The machine's.
    pub architecture: String,
    /// The driver of the interfaces.
    pub driver: String,
    /// What came of it.
    pub result: Verdict,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Instructions that the kernel's verifier went through, by program.
    pub verified: BTreeMap<String, u32>,
    /// How long the tests took.
    pub seconds: f32,
    /// The day of the run, UTC.
    pub date: String,
}

impl Row {
    /// The rows of a kernel: one for each driver.
    pub fn of(outcome: &Outcome, date: &str) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        let steps = outcome
            .report
            .as_ref()
            .map_or(&[][..], |report| &report.steps);
        for (step, done) in outcome.plan.steps.iter().zip(steps) {
            let index = rows.iter().position(|row| row.driver == step.driver);
            let index = index.unwrap_or_else(|| {
                rows.push(Self::empty(outcome, &step.driver, date));
                rows.len() - 1
            });
            let row = &mut rows[index];
            row.passed += done.passed;
            row.failed += done.failed;
            row.seconds += done.seconds;
            row.verified.extend(done.verified.clone());
        }
        if rows.is_empty() {
            let mut row = Self::empty(outcome, "veth", date);
            row.seconds = outcome.time.as_secs_f32();
            rows.push(row);
        }
        for row in &mut rows {
            row.seconds = row.seconds.round();
        }
        rows
    }

    fn empty(outcome: &Outcome, driver: &str, date: &str) -> Self {
        let line = outcome.kernel.to_string();
        let release = outcome
            .report
            .as_ref()
            .map(|report: &Report| report.release.clone());
        let release = release.filter(|release| !release.is_empty());
        Self {
            kernel: release.unwrap_or_else(|| line.clone()),
            line,
            architecture: outcome.kernel.architecture.to_string(),
            driver: driver.to_owned(),
            result: match outcome.kernel.duty {
                _ if !outcome.is_good() => Verdict::Failed,
                Duty::Work => Verdict::Supported,
                Duty::Refuse => Verdict::Refused,
            },
            passed: 0,
            failed: 0,
            verified: BTreeMap::new(),
            seconds: 0.0,
            date: date.to_owned(),
        }
    }

    /// Instructions of the largest program, which is what a kernel may find too large.
    pub fn most_verified(&self) -> String {
        let most = self.verified.values().max();
        most.map_or_else(|| "-".to_owned(), |count| grouped(*count))
    }
}

/// `149385` as `149,385`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expect) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expect);
        }
    }
}
