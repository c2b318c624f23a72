//! The table of results: for a person, for a program, and for the repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use ftp_track_tests::process;
use serde::Serialize;

use super::document;
use super::row::{Row, Verdict};
use super::run::Outcome;
use super::{Options, Output};
use crate::style;

#[derive(Serialize)]
struct Document<'a> {
    metainfo: document::Metainfo,
    rows: &'a [Row],
    /// What is wrong, by kernel.
    objections: BTreeMap<String, &'a [String]>,
}

/// Shows the results as the options say, and writes them to the repository if they say so.
pub fn show(outcomes: &[Outcome], options: &Options) -> Result<()> {
    let date = process::run(process::command("date").args(["-u", "+%F"]))?;
    let rows: Vec<Row> = outcomes
        .iter()
        .flat_map(|outcome| Row::of(outcome, date.trim()))
        .collect();
    match options.output {
        Output::Text => anstream::print!("{}", text(&rows)),
        Output::Json => anstream::println!("{}", json(&rows, outcomes)?),
    }
    if options.write {
        for file in document::write(rows.clone())? {
            anstream::eprintln!("{} {file}", style::heading("written:"));
        }
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

fn text(rows: &[Row]) -> String {
    let head = format!(
        "\n{:<32}{:<6}{:<12}{:>8}{:>8}{:>10}{:>9}",
        "kernel", "arch", "driver", "passed", "failed", "verified", "seconds"
    );
    let mut text = format!("{}\n", style::heading(head));
    for row in rows {
        let line = format!(
            "{:<32}{:<6}{:<12}{:>8}{:>8}{:>10}{:>9.0}",
            row.kernel,
            row.architecture,
            row.driver,
            row.passed,
            row.failed,
            row.most_verified(),
            row.seconds
        );
        let result = match row.result {
            Verdict::Failed => style::bad(" failed"),
            Verdict::Refused => " refused, as it should be".to_owned(),
            Verdict::Supported => String::new(),
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
    let document = Document {
        metainfo: document::Metainfo::default(),
        rows,
        objections: objections.collect(),
    };
    Ok(serde_json::to_string_pretty(&document)?)
}
