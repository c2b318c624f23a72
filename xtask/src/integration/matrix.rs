//! The table of results: for a person, for a program, and for the repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};
use ftp_track_tests::process;
use serde::Serialize;

use super::kernel::Duty;
use super::run::Outcome;
use super::{Options, Output};
use crate::{style, workspace};

/// The table in the repository, relative to its root.
pub const FILE: &str = "docs/kernels.md";

/// One kernel with one network driver.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row {
    kernel: String,
    architecture: String,
    driver: String,
    /// `supported`, `refused` or `failed`.
    result: &'static str,
    passed: u32,
    failed: u32,
    /// Instructions that the kernel's verifier went through, by program.
    verified: BTreeMap<String, u32>,
    seconds: f32,
}

#[derive(Serialize)]
struct Document<'a> {
    metainfo: Metainfo,
    rows: &'a [Row],
    /// What is wrong, by kernel.
    objections: BTreeMap<String, &'a [String]>,
}

#[derive(Serialize)]
struct Metainfo {
    tool: &'static str,
    schema: u32,
}

/// Shows the results as the options say, and writes them to the repository if they say so.
pub fn show(outcomes: &[Outcome], options: &Options) -> Result<()> {
    let rows: Vec<Row> = outcomes.iter().flat_map(rows).collect();
    match options.output {
        Output::Text => anstream::print!("{}", text(&rows)),
        Output::Json => anstream::println!("{}", json(&rows, outcomes)?),
    }
    if options.write {
        let date = process::run(process::command("date").args(["-u", "+%F"]))?;
        let path = workspace::root().join(FILE);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(&path, markdown(&rows, date.trim()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        anstream::eprintln!("{} {FILE}", style::heading("written:"));
    }
    if options.ends {
        let sum = |count: fn(&Row) -> u32| rows.iter().map(count).sum::<u32>();
        // A machine that failed otherwise counts as one failed test.
        let others = outcomes.iter().filter(|o| !o.is_good()).count() as u32;
        let (passed, failed) = (sum(|row| row.passed), sum(|row| row.failed));
        let failed = failed.max(others);
        let word = if failed == 0 { "ok" } else { "FAILED" };
        anstream::println!("test result: {word}. {passed} passed; {failed} failed");
    }
    Ok(())
}

/// The rows of a kernel: one for each driver.
fn rows(outcome: &Outcome) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let report = outcome.report.as_ref();
    let release = report
        .map(|report| report.release.clone())
        .filter(|release| !release.is_empty())
        .unwrap_or_else(|| outcome.kernel.to_string());
    let new = |driver: &str| Row {
        kernel: release.clone(),
        architecture: outcome.kernel.architecture.to_string(),
        driver: driver.to_owned(),
        result: match outcome.kernel.duty {
            _ if !outcome.is_good() => "failed",
            Duty::Work => "supported",
            Duty::Refuse => "refused",
        },
        passed: 0,
        failed: 0,
        verified: BTreeMap::new(),
        seconds: 0.0,
    };
    let reported = report.map_or(&[][..], |report| &report.steps);
    for (step, done) in outcome.plan.steps.iter().zip(reported) {
        let index = rows.iter().position(|row| row.driver == step.driver);
        let index = index.unwrap_or_else(|| {
            rows.push(new(&step.driver));
            rows.len() - 1
        });
        let row = &mut rows[index];
        row.passed += done.passed;
        row.failed += done.failed;
        row.seconds += done.seconds;
        row.verified.extend(done.verified.clone());
    }
    if rows.is_empty() {
        let mut row = new("veth");
        row.seconds = outcome.time.as_secs_f32();
        rows.push(row);
    }
    rows
}

/// Instructions of the largest program, which is what a kernel may find too large.
fn most(row: &Row) -> String {
    let most = row.verified.values().max();
    most.map_or_else(|| "-".to_owned(), |count| grouped(*count))
}

/// `149385` as `149,385`.
fn grouped(number: u32) -> String {
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

fn text(rows: &[Row]) -> String {
    let head = format!(
        "\n{:<32}{:<6}{:<12}{:>8}{:>8}{:>10}{:>9}",
        "kernel", "arch", "driver", "passed", "failed", "verified", "seconds"
    );
    let mut text = format!("{}\n", style::heading(head));
    for row in rows {
        let line = format!(
            "{:<32}{:<6}{:<12}{:>8}{:>8}{:>10}{:>9.1}",
            row.kernel,
            row.architecture,
            row.driver,
            row.passed,
            row.failed,
            most(row),
            row.seconds
        );
        let result = match row.result {
            "failed" => style::bad(" failed"),
            "refused" => " refused, as it should be".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(text, "{line}{result}");
    }
    text
}

fn json(rows: &[Row], outcomes: &[Outcome]) -> Result<String> {
    let objections = outcomes
        .iter()
        .filter(|outcome| !outcome.is_good())
        .map(|outcome| (outcome.kernel.to_string(), &*outcome.objections));
    let metainfo = Metainfo {
        tool: "ftp-track integration-test",
        schema: 1,
    };
    let document = Document {
        metainfo,
        rows,
        objections: objections.collect(),
    };
    Ok(serde_json::to_string_pretty(&document)?)
}

fn markdown(rows: &[Row], date: &str) -> String {
    let mut text = format!(
        "# Kernels\n\n\
         Written by `cargo xtask integration-test vm --write` on {date}: Debian's kernels in emulated \
         machines (QEMU,\none processor, no hardware acceleration). Do not edit.\n\n\
         `verified` is what the kernel's verifier went through for the largest program, out of a \
         million that it allows.\n\n\
         | kernel | architecture | driver | result | passed | failed | verified | seconds |\n\
         |---|---|---|---|---:|---:|---:|---:|\n"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {:.0} |",
            row.kernel,
            row.architecture,
            row.driver,
            row.result,
            row.passed,
            row.failed,
            most(row),
            row.seconds
        );
    }
    text.push_str("\n## Verified instructions of each program\n\n");
    let programs: std::collections::BTreeSet<&String> =
        rows.iter().flat_map(|row| row.verified.keys()).collect();
    let _ = write!(text, "| kernel |");
    for program in &programs {
        let _ = write!(text, " `{program}` |");
    }
    let _ = writeln!(text, "\n|---|{}", "---:|".repeat(programs.len()));
    for row in rows.iter().filter(|row| !row.verified.is_empty()) {
        let _ = write!(text, "| {} |", row.kernel);
        for program in &programs {
            let count = row.verified.get(*program).copied().map(grouped);
            let _ = write!(text, " {} |", count.as_deref().unwrap_or("-"));
        }
        text.push('\n');
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
