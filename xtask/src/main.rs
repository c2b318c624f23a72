//! Development tasks of ftp-track. `cargo xtask` lists them.

mod bench;
mod demo;
mod fuzz;
mod integration;
mod progress;
mod setup;
mod style;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of ftp-track
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Say what is missing to build and test, and install it
    Setup,
    /// Show ftp-track at work in a throwaway lab (needs root)
    Demo,
    /// Set up and run all tests, or the groups named
    Test {
        /// Groups to run
        #[arg(value_name = "GROUP", value_parser = test::group_names())]
        groups: Vec<String>,
    },
    /// Run the tests of the kernel's part elsewhere
    IntegrationTest {
        #[command(subcommand)]
        place: integration::Place,
    },
    /// Measure speed side by side with the kernel's own means (needs root)
    Bench {
        /// Parts to measure; all when none is named
        #[arg(value_name = "PART", value_parser = bench::part_names())]
        parts: Vec<String>,
        /// Rounds of which the median is taken
        #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..=1000))]
        rounds: u32,
        /// Fail if a ratio is worse than the committed one
        #[arg(long, conflicts_with = "record")]
        compare: bool,
        /// Make what was measured the committed ratios, and write it into docs/benchmarks.md
        #[arg(long)]
        record: bool,
    },
    /// Fuzz the engine
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Targets to run; all when none is named
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// Instead of the targets: so many mutated lines, as fast as they go
        #[arg(long, value_name = "COUNT", conflicts_with_all = ["seconds", "targets"])]
        inputs: Option<u64>,
        /// What the lines follow from; the same seed gives the same lines
        #[arg(long, default_value_t = 1, requires = "inputs")]
        seed: u64,
        /// Threads that send them; one for each CPU unless given
        #[arg(long, requires = "inputs")]
        threads: Option<usize>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Setup => setup::run(setup::Scope::for_this_user()).map(|()| true),
        Task::Demo => demo::run(),
        Task::Test { groups } => test::run(&groups),
        Task::IntegrationTest { place } => integration::run(&place),
        Task::Bench {
            parts,
            rounds,
            compare,
            record,
        } => bench::run(&parts, rounds, bench::With::of(compare, record)),
        Task::Fuzz {
            inputs: Some(count),
            seed,
            threads,
            ..
        } => fuzz::inputs(count, seed, threads),
        Task::Fuzz {
            seconds, targets, ..
        } => fuzz::run(seconds, &targets),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            anstream::eprintln!("{}: {error:#}", style::bad("error"));
            ExitCode::FAILURE
        }
    }
}
