//! The control ports that rules name.

use std::ops::RangeInclusive;

/// A longer range is no list of control ports.
const LONGEST: usize = 64;

/// The ports of a range, unless it is too long for a list of control ports.
pub fn expand(range: RangeInclusive<u16>) -> Vec<u16> {
    if range.len() <= LONGEST {
        range.filter(|port| *port != 0).collect()
    } else {
        Vec::new()
    }
}

/// Ports as iptables lists them: `21`, `21:23`, `21,2121,3000:3003`.
pub fn list(text: &str) -> Vec<u16> {
    let ranges = text.split(',').filter_map(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.flat_map(expand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, expect) in [
            ("21", &[21][..]),
            ("21:23", &[21, 22, 23]),
            ("21,2121,3000:3001", &[21, 2121, 3000, 3001]),
            ("ftp", &[]),
            ("1024:65535", &[]),
            ("0:65535", &[]),
        ] {
            assert_eq!(list(text), expect, "{text}");
        }
    }
}
