//! Development tasks of ftp-track. `cargo xtask` lists them.

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
    /// Set up and run all tests, or those of the groups named
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
    /// Fuzz the engine
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Targets to run; all when none is named
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Setup => setup::run(setup::Scope::for_this_user()).map(|()| true),
        Task::Demo => demo::run(),
        Task::Test { groups } => test::run(&groups),
        Task::IntegrationTest { place } => integration::run(&place),
        Task::Fuzz { seconds, targets } => fuzz::run(seconds, &targets),
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
