//! The closing summary of a test run.

use super::group::Group;
use super::run::Outcome;
use crate::progress::Seconds;
use crate::style;

/// Prints the summary; its last line is `N passed, N failed`. Returns whether nothing failed.
pub(super) fn print(results: &[(&Group, Outcome)], without_root: &[&Group]) -> bool {
    let head = format!(
        "\n{:<12}{:>8}{:>8}{:>12}",
        "group", "passed", "failed", "time"
    );
    anstream::println!("{}", style::heading(head));
    for (group, outcome) in results {
        let Outcome {
            passed,
            failed,
            cells,
            time,
            remarks,
        } = outcome;
        let failed = format!("{failed:>8}");
        let failed = if outcome.failed == 0 {
            failed
        } else {
            style::bad(failed)
        };
        let cells = if *cells > 0 {
            format!("   {cells} cells")
        } else {
            String::new()
        };
        anstream::println!(
            "{:<12}{passed:>8}{failed}{:>12}{cells}",
            group.name,
            Seconds(*time)
        );
        for remark in remarks {
            anstream::println!("  {}", style::bad(remark));
        }
    }
    for group in without_root {
        anstream::println!("{:<12}not run: it needs root", group.name);
    }
    let sum = |count: fn(&Outcome) -> u32| results.iter().map(|(_, outcome)| count(outcome)).sum();
    let (passed, failed): (u32, u32) = (sum(|o| o.passed), sum(|o| o.failed));
    anstream::println!("{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}
