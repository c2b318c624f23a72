//! What test binaries print.

use std::collections::BTreeMap;

/// Results, read line by line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Count {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Instructions that the kernel's verifier went through, by program.
    pub verified: BTreeMap<String, u32>,
}

impl Count {
    /// Takes the numbers from a line: `test result: ok. 3 passed; 0 failed; ...`, or
    /// `program: 123 instructions verified on 6.1, ...`.
    pub fn read(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += number_before(rest, " passed").unwrap_or(0);
            self.failed += number_before(rest, " failed").unwrap_or(0);
        } else if let Some((program, rest)) = line.split_once(": ")
            && let Some(count) = number_before(rest, " instructions verified on ")
        {
            self.verified.insert(program.to_owned(), count);
        }
    }
}

/// The number that stands directly before `words`.
fn number_before(line: &str, words: &str) -> Option<u32> {
    let (before, _) = line.split_once(words)?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "my test result: ok. 3 passed",
            "ftp_track_xdp: 149385 instructions verified on 6.12, at most 800000",
            "nothing: instructions verified on paper",
        ] {
            count.read(line);
        }
        assert_eq!((count.passed, count.failed), (13, 2));
        let verified = BTreeMap::from([("ftp_track_xdp".to_owned(), 149_385)]);
        assert_eq!(count.verified, verified);
    }
}
