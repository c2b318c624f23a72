//! What the benchmark writes: a line of JSON for each row and round.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::spread::Spread;

/// One measurement.
#[derive(Debug, Deserialize)]
struct Sample {
    group: String,
    row: String,
    round: u32,
    cost: f64,
    unit: String,
}

/// All measurements of a part.
#[derive(Debug, Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    /// Takes one line.
    pub fn read(&mut self, line: &str) -> Result<()> {
        let sample: Sample = serde_json::from_str(line)
            .with_context(|| format!("not a line of the benchmark: {line}"))?;
        ensure!(
            sample.cost.is_finite() && sample.cost > 0.0,
            "not a cost: {line}"
        );
        self.0.push(sample);
        Ok(())
    }

    /// Groups and their rows, in the order in which they came.
    pub fn rows(&self) -> Vec<(&str, &str)> {
        let mut rows = Vec::new();
        for sample in &self.0 {
            let row = (sample.group.as_str(), sample.row.as_str());
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        // Stable, so rows of a group keep their order.
        let groups: Vec<&str> = rows.iter().map(|(group, _)| *group).collect();
        rows.sort_by_key(|(group, _)| groups.iter().position(|known| known == group));
        rows
    }

    /// The costs of a row, and their unit.
    pub fn costs(&self, group: &str, row: &str) -> Option<(Spread, &str)> {
        let costs: Vec<f64> = self.of(group, row).map(|sample| sample.cost).collect();
        let unit = self.of(group, row).next()?.unit.as_str();
        Some((Spread::of(&costs)?, unit))
    }

    /// The costs of `over` divided by those of `under`, each with that of the same round.
    pub fn quotients(&self, group: &str, over: &str, under: &str) -> Option<Spread> {
        let quotients: Vec<f64> = self
            .of(group, over)
            .filter_map(|sample| {
                let mut others = self.of(group, under);
                let other = others.find(|other| other.round == sample.round)?;
                Some(sample.cost / other.cost)
            })
            .collect();
        Spread::of(&quotients)
    }

    fn of(&self, group: &str, row: &str) -> impl Iterator<Item = &Sample> {
        let is_it = move |sample: &&Sample| sample.group == group && sample.row == row;
        self.0.iter().filter(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(lines: &[(&str, &str, u32, f64)]) -> Samples {
        let mut samples = Samples::default();
        for (group, row, round, cost) in lines {
            let line = format!(
                r#"{{"part":"p","group":"{group}","row":"{row}","round":{round},"cost":{cost},"unit":"ns"}}"#
            );
            samples.read(&line).unwrap();
        }
        samples
    }

    #[test]
    fn each_round_is_compared_with_itself() {
        let samples = samples(&[
            ("", "a", 1, 10.0),
            ("", "b", 1, 20.0),
            // The machine was busy in this round.
            ("", "a", 2, 100.0),
            ("", "b", 2, 200.0),
            ("", "a", 3, 7.0),
        ]);
        let quotients = samples.quotients("", "b", "a").unwrap();
        assert_eq!((quotients.low, quotients.high), (2.0, 2.0));
        assert_eq!(samples.quotients("", "c", "a"), None);
        assert_eq!(samples.costs("", "a").unwrap().0.median, 10.0);
    }

    #[test]
    fn rows_of_a_group_stand_together() {
        let samples = samples(&[
            ("x", "a", 1, 1.0),
            ("y", "a", 1, 1.0),
            ("x", "b", 1, 1.0),
            ("x", "a", 2, 1.0),
        ]);
        assert_eq!(samples.rows(), [("x", "a"), ("x", "b"), ("y", "a")]);
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let mut samples = Samples::default();
        assert!(samples.read("running 0 tests").is_err());
        let zero = r#"{"group":"","row":"a","round":1,"cost":0,"unit":"ns"}"#;
        assert!(samples.read(zero).is_err());
    }
}
