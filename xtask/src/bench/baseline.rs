//! The committed ratios, and what is worse than they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::part::Sense;
use super::report::Ratio;
use super::spread::Spread;
use crate::workspace;

/// Where they are, in the workspace.
pub const FILE: &str = "tests/bench/baseline.toml";
/// How much worse a ratio may be, where the file says nothing.
const TOLERANCE: f64 = 0.15;

const HEAD: &str = "\
# Ratios that `cargo xtask bench --compare` compares with; `cargo xtask bench --record` writes them.
# Of each: lower quartile, median, upper quartile. It is worse when its median is off by more than the
# part's tolerance, and the two spreads do not even touch.
";

/// Ratios by part and name.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Baseline {
    /// By part: 0.1 allows a tenth.
    tolerance: BTreeMap<String, f64>,
    ratios: BTreeMap<String, BTreeMap<String, [f64; 3]>>,
}

impl Baseline {
    /// Reads the file; empty if there is none.
    pub fn read() -> Result<Self> {
        match fs::read_to_string(workspace::root().join(FILE)) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{FILE} is wrong")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {FILE}")),
        }
    }

    /// Writes the file.
    pub fn write(&self) -> Result<()> {
        fs::write(workspace::root().join(FILE), self.text())
            .with_context(|| format!("cannot write {FILE}"))
    }

    /// Takes these in, in the place of those of the same name.
    pub fn record(&mut self, ratios: &[Ratio]) {
        for ratio in ratios {
            let part = self.ratios.entry(ratio.part.to_owned()).or_default();
            let Spread { low, median, high } = ratio.spread;
            part.insert(ratio.name.clone(), [low, median, high]);
        }
    }

    /// Whether there is one to compare with.
    pub fn knows(&self, ratio: &Ratio) -> bool {
        self.ratio(ratio).is_some()
    }

    /// A sentence for each that is worse.
    pub fn worse(&self, ratios: &[Ratio]) -> Vec<String> {
        ratios
            .iter()
            .filter_map(|ratio| self.judge(ratio))
            .collect()
    }

    fn judge(&self, ratio: &Ratio) -> Option<String> {
        let [low, median, high] = self.ratio(ratio)?;
        let tolerance = self.tolerance(ratio.part);
        let spread = &ratio.spread;
        let is_worse = match ratio.sense {
            Sense::Speed => spread.median < median * (1.0 - tolerance) && spread.high < low,
            Sense::Cost => spread.median > median * (1.0 + tolerance) && spread.low > high,
        };
        is_worse.then(|| {
            let before = Spread { low, median, high };
            format!(
                "worse: {} / {}: {spread}, it was {before}, and {:.0} % are tolerated",
                ratio.part,
                ratio.name,
                tolerance * 100.0
            )
        })
    }

    fn ratio(&self, ratio: &Ratio) -> Option<[f64; 3]> {
        self.ratios.get(ratio.part)?.get(&ratio.name).copied()
    }

    fn tolerance(&self, part: &str) -> f64 {
        self.tolerance.get(part).copied().unwrap_or(TOLERANCE)
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        text += "\n[tolerance]\n";
        for part in self.ratios.keys() {
            let _ = writeln!(text, "{part} = {}", self.tolerance(part));
        }
        for (part, ratios) in &self.ratios {
            let _ = writeln!(text, "\n[ratios.{part}]");
            for (name, [low, median, high]) in ratios {
                let _ = writeln!(text, "{name:?} = [{low:.3}, {median:.3}, {high:.3}]");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(name: &str, sense: Sense, [low, median, high]: [f64; 3]) -> Ratio {
        Ratio {
            part: "forward",
            name: name.to_owned(),
            sense,
            spread: Spread { low, median, high },
        }
    }

    const TWO: &str = "[tolerance]\nforward = 0.1\n[ratios.forward]\n\"a / b\" = [1.9, 2.0, 2.1]\n";

    fn baseline(text: &str) -> Baseline {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_speed_is_worse_when_it_is_less() {
        let baseline = baseline(TWO);
        let is_worse = |spread| {
            !baseline
                .worse(&[ratio("a / b", Sense::Speed, spread)])
                .is_empty()
        };
        assert!(!is_worse([2.0, 2.0, 2.0]));
        assert!(!is_worse([9.0, 9.0, 9.0]));
        assert!(!is_worse([1.81, 1.81, 1.81]));
        assert!(is_worse([1.79, 1.79, 1.79]));
        // It may be as fast as it was in a slow round of then.
        assert!(!is_worse([1.5, 1.79, 1.95]));
    }

    #[test]
    fn a_cost_is_worse_when_it_is_more() {
        let baseline = baseline(TWO);
        let is_worse = |spread| {
            !baseline
                .worse(&[ratio("a / b", Sense::Cost, spread)])
                .is_empty()
        };
        assert!(!is_worse([1.0, 1.0, 1.0]));
        assert!(!is_worse([2.19, 2.19, 2.19]));
        assert!(is_worse([2.21, 2.21, 2.21]));
        assert!(!is_worse([2.05, 2.21, 2.5]));
    }

    #[test]
    fn what_is_not_in_it_is_not_judged() {
        let new = ratio("new", Sense::Speed, [0.1, 0.1, 0.1]);
        assert!(!Baseline::default().knows(&new));
        assert!(Baseline::default().worse(&[new]).is_empty());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut written =
            baseline("[tolerance]\nforward = 0.25\n[ratios.packet]\nold = [1.0, 1.5, 2.0]\n");
        written.record(&[ratio("64 bytes / a / b", Sense::Speed, [1.0, 1.25, 2.0])]);
        let read = baseline(&written.text());
        assert_eq!(read.ratios, written.ratios);
        assert_eq!(read.tolerance("forward"), 0.25);
        assert_eq!(read.tolerance("packet"), TOLERANCE);
    }

    #[test]
    fn the_committed_one_is_whole() {
        let committed = Baseline::read().unwrap();
        assert!(!committed.ratios.is_empty());
        for (part, ratios) in &committed.ratios {
            assert!(
                super::super::part_names().contains(&part.as_str()),
                "{part}"
            );
            assert!(ratios.values().flatten().all(|ratio| *ratio > 0.0));
        }
    }
}
