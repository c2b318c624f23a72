//! What the kernel says when it refuses, in a length that a person reads.

use aya::programs::ProgramError;

use crate::cause;

/// Lines of the verifier's log that are shown: the reason stands at the end.
const LINES: usize = 12;

/// The error, with the end of the verifier's log only.
pub fn explain(error: &ProgramError) -> String {
    match error {
        ProgramError::LoadError {
            io_error,
            verifier_log,
        } => {
            let log = tail(&verifier_log.to_string());
            format!("{io_error}. The verifier's last words:\n{log}")
        }
        other => cause::chain(other),
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_log() {
        let log: Vec<String> = (1..=20).map(|line| line.to_string()).collect();
        let shown = tail(&log.join("\n"));
        assert!(
            shown.starts_with("9\n") && shown.ends_with("\n20"),
            "{shown}"
        );
        assert_eq!(tail("one"), "one");
    }
}
