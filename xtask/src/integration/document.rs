//! The results in the repository: the data, and what is written from it for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::kernel;
use super::row::{Row, Verdict, grouped};
use crate::workspace;

/// The data, relative to the repository's root.
const DATA: &str = "docs/kernels.json";
/// All of it, for people.
const TABLE: &str = "docs/kernels.md";
/// Has a table of its own, between two lines.
const README: &str = "README.md";
const BEGIN: &str = "<!-- written by `cargo xtask integration-test vm --write` -->\n";
const END: &str = "<!-- to here -->\n";

/// What the data is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metainfo {
    tool: String,
    schema: u32,
}

impl Default for Metainfo {
    fn default() -> Self {
        Self {
            tool: "ftp-track integration-test".to_owned(),
            schema: 1,
        }
    }
}

/// The last results of each kernel.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Results {
    metainfo: Metainfo,
    rows: Vec<Row>,
}

impl Results {
    /// Takes new rows in the place of those of the same kernels.
    fn take(&mut self, rows: Vec<Row>) {
        let lines: BTreeSet<String> = rows.iter().map(|row| row.line.clone()).collect();
        self.rows.retain(|row| !lines.contains(&row.line));
        self.rows.extend(rows);
        let order: Vec<String> = kernel::all().iter().map(ToString::to_string).collect();
        let place = |row: &Row| order.iter().position(|line| *line == row.line);
        // Each kernel's rows stay in their order.
        self.rows
            .sort_by_key(|row| place(row).unwrap_or(usize::MAX));
    }
}

fn path(file: &str) -> PathBuf {
    workspace::root().join(file)
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(path(file)).with_context(|| format!("cannot read {file}"))
}

/// Writes results to the repository, and keeps those of other kernels; returns the files' names.
pub fn write(rows: Vec<Row>) -> Result<[&'static str; 3]> {
    let mut results: Results = if path(DATA).exists() {
        serde_json::from_str(&read(DATA)?).with_context(|| format!("{DATA} is damaged"))?
    } else {
        Results::default()
    };
    results.take(rows);
    let data = serde_json::to_string_pretty(&results)? + "\n";
    let readme = with_table(&read(README)?, &summary(&results.rows))?;
    for (file, text) in [
        (DATA, data),
        (TABLE, table(&results.rows)),
        (README, readme),
    ] {
        fs::write(path(file), text).with_context(|| format!("cannot write {file}"))?;
    }
    Ok([DATA, TABLE, README])
}

/// The README with `table` between its two lines.
fn with_table(readme: &str, table: &str) -> Result<String> {
    let (before, rest) = readme
        .split_once(BEGIN)
        .with_context(|| format!("no line {BEGIN} in {README}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("no line {END} in {README}"))?;
    Ok([before, BEGIN, table, END, after].concat())
}

/// A line of kernels in the README.
#[derive(Debug, Default, PartialEq)]
struct Line {
    linux: String,
    packages: Vec<String>,
    flavours: Vec<String>,
    drivers: Vec<String>,
    results: Vec<Verdict>,
    date: String,
}

/// The table in the README: a row for each line of kernels.
fn summary(rows: &[Row]) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        let linux = row.kernel.splitn(3, '.').take(2).collect::<Vec<_>>();
        let linux = linux.join(".");
        let (_, flavour) = row.line.split_once('-').unwrap_or_default();
        let package = row.kernel.strip_suffix(flavour).unwrap_or(&row.kernel);
        if lines.last().is_none_or(|line| line.linux != linux) {
            let place = lines.iter().position(|line| line.linux == linux);
            let line = place.map_or_else(Line::default, |place| lines.remove(place));
            lines.push(Line { linux, ..line });
        }
        let Some(line) = lines.last_mut() else {
            continue;
        };
        add(&mut line.packages, package.trim_end_matches('-'));
        add(&mut line.flavours, flavour);
        add(&mut line.drivers, &row.driver);
        line.results.push(row.result);
        line.date = row.date.clone().max(std::mem::take(&mut line.date));
    }
    lines.sort_by_key(|line| {
        let numbers = line.linux.split('.').map(|part| part.parse::<u32>());
        numbers.map(Result::unwrap_or_default).collect::<Vec<_>>()
    });
    let mut text = "| Linux | Debian's kernel | built for | network drivers | result | date |\n\
                    |---|---|---|---|---|---|\n"
        .to_owned();
    for line in &lines {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            line.linux,
            line.packages.join(", "),
            line.flavours.join(", "),
            line.drivers.join(", "),
            worst(&line.results).name(),
            line.date
        );
    }
    text
}

fn add(names: &mut Vec<String>, name: &str) {
    if names.iter().all(|known| known != name) {
        names.push(name.to_owned());
    }
}

fn worst(results: &[Verdict]) -> Verdict {
    let has = |wanted| results.contains(&wanted);
    if has(Verdict::Failed) {
        Verdict::Failed
    } else if has(Verdict::Refused) {
        Verdict::Refused
    } else {
        Verdict::Supported
    }
}

/// What differs from kernel to kernel; the tests in `tests/kernel` hold each on both sides.
const DIFFERENCES: &str = "\
## What differs

| since Linux | what | before it |
|---|---|---|
| 5.17 | `bpf_loop` (e6f2dd0f8067), without which the programs cannot be verified | `run` ends with 3 and names what is missing |
| 6.3 | the `netdev` family (d3d854fd6a1d), which says what interfaces take frames from XDP | bypass mode sends by TC alone |
| 6.6 | TCX (e420bed02507): programs at TC are links | filters in a clsact qdisc, which is taken away at the end |
| 4.10, 5.10, 6.6 | XDP in the drivers virtio_net, igb and vmxnet3 | generic XDP, as for e1000e, which has none |

";

fn table(rows: &[Row]) -> String {
    let mut text = "# Kernels\n\n\
         Written by `cargo xtask integration-test vm --write`: Debian's kernels in emulated machines (QEMU, one\n\
         processor, no hardware acceleration). Do not edit. `docs/kernels.json` has the same for programs.\n\n\
         `verified` is what the kernel's verifier went through for the largest program, out of a \
         million that it allows.\n\
         A cloud kernel runs all tests, a generic one those that depend on its configuration, and network cards.\n\
         `seconds` are those of emulation, some machines at a time: they compare nothing.\n\n\
         | kernel | architecture | driver | result | passed | failed | verified | seconds | date |\n\
         |---|---|---|---|---:|---:|---:|---:|---|\n"
        .to_owned();
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {:.0} | {} |",
            row.kernel,
            row.architecture,
            row.driver,
            row.result.name(),
            row.passed,
            row.failed,
            row.most_verified(),
            row.seconds,
            row.date
        );
    }
    text.push('\n');
    text.push_str(DIFFERENCES);
    text.push_str("## Verified instructions of each program\n\n");
    let programs: BTreeSet<&String> = rows.iter().flat_map(|row| row.verified.keys()).collect();
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

    fn results() -> Results {
        serde_json::from_str(&read(DATA).expect("the data")).expect("JSON")
    }

    #[test]
    fn what_people_read_is_what_the_machines_said() {
        let rows = results().rows;
        assert_eq!(read(TABLE).expect("a table"), table(&rows));
        let readme = read(README).expect("a README");
        let expect = with_table(&readme, &summary(&rows)).expect("a place for the table");
        assert_eq!(readme, expect);
    }

    #[test]
    fn every_kernel_of_the_matrix_was_tried_and_none_failed() {
        let rows = results().rows;
        for kernel in kernel::all() {
            let line = kernel.to_string();
            let mut of_line = rows.iter().filter(|row| row.line == line).peekable();
            assert!(of_line.peek().is_some(), "{line} was not tried");
            assert!(
                of_line.all(|row| row.result != Verdict::Failed && row.passed > 0),
                "{line}"
            );
        }
    }

    fn row(line: &str, kernel: &str, driver: &str, result: Verdict) -> Row {
        Row {
            line: line.to_owned(),
            kernel: kernel.to_owned(),
            architecture: "amd64".to_owned(),
            driver: driver.to_owned(),
            result,
            passed: 1,
            failed: 0,
            verified: std::collections::BTreeMap::new(),
            seconds: 1.0,
            date: "2026-01-01".to_owned(),
        }
    }

    #[test]
    fn new_rows_take_the_place_of_old_ones() {
        let mut results = Results::default();
        let ok = Verdict::Supported;
        results.take(vec![
            row("newest-amd64", "7.2.13+deb13-amd64", "veth", ok),
            row("newest-amd64", "7.2.13+deb13-amd64", "igb", ok),
            row("6.1-amd64", "6.1.0-56-amd64", "veth", ok),
        ]);
        let newer = row("newest-amd64", "7.3.4+deb13-amd64", "veth", Verdict::Failed);
        results.take(vec![newer]);
        let names: Vec<&str> = results.rows.iter().map(|row| &*row.kernel).collect();
        assert_eq!(names, ["6.1.0-56-amd64", "7.3.4+deb13-amd64"]);
    }

    #[test]
    fn a_line_of_kernels_is_a_row_in_the_readme() {
        let ok = Verdict::Supported;
        let rows = [
            row("6.1-cloud-amd64", "6.1.0-56-cloud-amd64", "veth", ok),
            row("6.12-amd64", "6.12.9+deb13-amd64", "veth", ok),
            row("6.1-amd64", "6.1.0-56-amd64", "veth", ok),
            row("6.1-amd64", "6.1.0-56-amd64", "igb", Verdict::Failed),
        ];
        let text = summary(&rows);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| 6.1 | 6.1.0-56 | cloud-amd64, amd64 | veth, igb | failed | 2026-01-01 |",
                "| 6.12 | 6.12.9+deb13 | amd64 | veth | supported | 2026-01-01 |",
            ]
        );
    }
}
