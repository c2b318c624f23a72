//! How cost and memory grow with what is in the maps.

mod daemon;
mod entry;
mod flow;
mod janitor;
mod lookup;
mod process;

use anyhow::Result;

/// The part's name.
pub const PART: &str = "growth";

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    daemon::run(rounds)?;
    lookup::run(rounds)
}

/// How many there are, as a name of rows.
fn name(count: u32) -> String {
    match count {
        1_000_000.. => format!("{} million", count / 1_000_000),
        1000.. => format!("{} thousand", count / 1000),
        _ => count.to_string(),
    }
}
