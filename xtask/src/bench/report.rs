//! Tables of what was measured.

use super::part::{Part, Sense};
use super::sample::Samples;
use super::spread::Spread;
use crate::style;

/// Width of a ratio's column, and of the target at its end.
const COLUMN: usize = 32;
const VERDICT: usize = 6;

/// A ratio of two rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// The part's name.
    pub part: &'static str,
    /// Group, row and base: its name in the baseline, below the part.
    pub name: String,
    /// How it is read.
    pub sense: Sense,
    /// Over all rounds.
    pub spread: Spread,
}

/// A part's table, and its ratios.
pub fn table(part: &Part, samples: &Samples) -> (String, Vec<Ratio>) {
    let mut table = String::new();
    let mut ratios = Vec::new();
    let mut group_before = None;
    for (group, row) in samples.rows() {
        if group_before != Some(group) {
            if !table.is_empty() {
                table.push('\n');
            }
            table += &head(part, group);
            group_before = Some(group);
        }
        let Some((costs, unit)) = samples.costs(group, row) else {
            continue;
        };
        let mut line = format!("{row:<26}{:>24}", format!("{costs} {unit}"));
        for base in part.bases {
            let quotient = match part.sense {
                Sense::Speed => samples.quotients(group, base, row),
                Sense::Cost => samples.quotients(group, row, base),
            };
            let Some(spread) = quotient.filter(|_| row != *base) else {
                line += &" ".repeat(COLUMN);
                continue;
            };
            line += &format!("{:>1$}", spread.to_string(), COLUMN - VERDICT);
            line += &match part.target(row, base) {
                Some(target) => verdict(part.sense, spread.median, target),
                None => " ".repeat(VERDICT),
            };
            ratios.push(Ratio {
                part: part.name,
                name: name(group, row, base),
                sense: part.sense,
                spread,
            });
        }
        table += line.trim_end();
        table.push('\n');
    }
    (table, ratios)
}

fn head(part: &Part, group: &str) -> String {
    let title = match group {
        "" => part.name.to_owned(),
        group => format!("{}, {group}", part.name),
    };
    let mut head = format!("{title:<26}{:>24}", "cost");
    for base in part.bases {
        let column = match part.sense {
            Sense::Speed => format!("speed: {base}"),
            Sense::Cost => format!("cost: {base}"),
        };
        head += &format!("{column:>COLUMN$}");
    }
    style::heading(head.trim_end()) + "\n"
}

fn name(group: &str, row: &str, base: &str) -> String {
    let parts = [group, row, base];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" / ")
}

fn verdict(sense: Sense, median: f64, target: f64) -> String {
    let (reached, sign) = match sense {
        Sense::Speed => (median >= target, '>'),
        Sense::Cost => (median <= target, '<'),
    };
    let text = format!(" {sign}{target:<0$}", VERDICT - 2);
    if reached {
        style::good(text)
    } else {
        style::bad(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(name("64 bytes", "a", "b"), "64 bytes / a / b");
        assert_eq!(name("", "a", "b"), "a / b");
    }

    #[test]
    fn targets() {
        assert_eq!(verdict(Sense::Speed, 2.3, 2.3), style::good(" >2.3 "));
        assert_eq!(verdict(Sense::Speed, 2.2, 2.3), style::bad(" >2.3 "));
        assert_eq!(verdict(Sense::Cost, 1.03, 1.03), style::good(" <1.03"));
        assert_eq!(verdict(Sense::Cost, 1.04, 1.03), style::bad(" <1.03"));
    }
}
