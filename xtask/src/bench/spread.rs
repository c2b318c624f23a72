//! Median and quartiles.

use std::fmt;

/// Where the middle half of some numbers lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// A quarter of the numbers is smaller.
    pub low: f64,
    /// Half of them are.
    pub median: f64,
    /// A quarter is larger.
    pub high: f64,
}

impl Spread {
    /// Of at least one number, all finite.
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            low: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            high: quantile(&sorted, 0.75)?,
        })
    }
}

/// Between two numbers, in proportion to how near each is.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

impl fmt::Display for Spread {
    /// The median, and the quartiles in brackets, with three digits that count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.median.abs() {
            median if median >= 100.0 => 0,
            median if median >= 10.0 => 1,
            _ => 2,
        };
        let Self { low, median, high } = self;
        f.pad(&format!(
            "{median:.digits$} ({low:.digits$}-{high:.digits$})"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: &[f64]) -> [f64; 3] {
        let spread = Spread::of(numbers).unwrap();
        [spread.low, spread.median, spread.high]
    }

    #[test]
    fn quartiles() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(spread(&[7.0]), [7.0, 7.0, 7.0]);
        assert_eq!(spread(&[2.0, 1.0]), [1.25, 1.5, 1.75]);
        assert_eq!(spread(&[5.0, 1.0, 4.0, 2.0, 3.0]), [2.0, 3.0, 4.0]);
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0]), [1.75, 2.5, 3.25]);
    }

    #[test]
    fn one_wild_round_changes_little() {
        assert_eq!(spread(&[1.0, 1.0, 1.0, 1.0, 1000.0]), [1.0, 1.0, 1.0]);
    }

    #[test]
    fn three_digits() {
        let show = |numbers: &[f64]| Spread::of(numbers).unwrap().to_string();
        assert_eq!(show(&[1.0, 2.0, 3.0]), "2.00 (1.50-2.50)");
        assert_eq!(show(&[10.0, 20.0, 30.0]), "20.0 (15.0-25.0)");
        assert_eq!(show(&[100.0, 200.0, 300.0]), "200 (150-250)");
    }
}
