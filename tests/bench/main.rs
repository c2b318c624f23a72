//! The benchmark's measurements; `cargo xtask bench` runs it and compares what it writes: one line
//! of JSON for each row and round.
//!
//! Arguments: how many rounds, then names of parts. It needs root.

mod bpf;
mod bulk;
mod cpu;
mod forward;
mod gateway;
mod growth;
#[allow(dead_code, reason = "the tables use more of it")]
#[path = "../tables/harness/mod.rs"]
mod harness;
mod other;
mod packet;
mod parallel;
mod program;
mod sample;
mod stream;
mod transfer;

use anyhow::{Context, Result, bail, ensure};

fn main() -> Result<()> {
    // `cargo bench` adds an argument of its own.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let rounds = arguments.next().context("how many rounds?")?;
    let rounds: u32 = rounds.parse().context("the number of rounds")?;
    ensure!((1..=1000).contains(&rounds), "from 1 to 1000 rounds");
    for part in arguments {
        match part.as_str() {
            forward::PART => forward::run(rounds)?,
            bulk::PART => bulk::run(rounds)?,
            growth::PART => growth::run(rounds)?,
            transfer::PART => transfer::run(rounds)?,
            other::PART => other::run(rounds)?,
            packet::PART => packet::run(rounds)?,
            parallel::PART => parallel::run(rounds)?,
            _ => bail!("there is no part {part}"),
        }
    }
    Ok(())
}
