//! What was measured, as a line of JSON for `cargo xtask bench`.

use std::io::{self, Write as _};

use serde::Serialize;

/// One measurement.
#[derive(Serialize)]
pub struct Sample<'a> {
    /// The part of the benchmark.
    pub part: &'a str,
    /// What is compared only among itself; may be empty.
    pub group: &'a str,
    /// What was measured.
    pub row: &'a str,
    /// The round, from 1; what was measured in one round is compared.
    pub round: u32,
    /// What it costs, in [`Sample::unit`]; less is better.
    pub cost: f64,
    /// Such as `ns/packet`.
    pub unit: &'a str,
}

impl Sample<'_> {
    /// Writes the line, but for the first round, which only warms up.
    pub fn write(&self) -> io::Result<()> {
        if self.round == 0 {
            return Ok(());
        }
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        io::stdout().write_all(&line)
    }
}
