//! The command line.

mod check;
mod end;
mod evidence;
mod explain;
mod list;
mod manage;
mod migrate;
mod monitor;
mod output;
mod pages;
mod run;
mod stats;
mod status;
mod stop;
mod tracked;

use anyhow::Result;
use clap::{Parser, Subcommand, error::ContextValue};

pub use self::output::ReaderGone;
use self::output::print_error;
use crate::{escape, exit::Exit};

/// Track FTP control connections on this gateway and admit their data connections
#[derive(Debug, Parser)]
#[command(name = "ftp-track", version, propagate_version = true, after_help = EXIT_STATUS)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 success, 1 failure, 2 wrong usage or configuration, \
                           3 no such tracker runs, or one runs already, or a privilege is missing, or the \
                           kernel refused, or `migrate --check` did not see all";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Status(status::Arguments),
    Check(check::Arguments),
    List(list::Arguments),
    Stats(stats::Arguments),
    Monitor(monitor::Arguments),
    Explain(explain::Arguments),
    Migrate(migrate::Arguments),
    Flush(manage::Flush),
    Delete(manage::Delete),
    Add(manage::Add),
    Reload(manage::Reload),
    Stop(stop::Arguments),
}

/// Does what the command line says; the errors are printed.
pub fn main() -> Exit {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return usage(error),
    };
    let done = match line.command {
        Command::Run(arguments) => arguments.run(),
        Command::Status(arguments) => arguments.run(),
        Command::Check(arguments) => arguments.run(),
        Command::List(arguments) => arguments.run(),
        Command::Stats(arguments) => arguments.run(),
        Command::Monitor(arguments) => arguments.run(),
        Command::Explain(arguments) => arguments.run(),
        Command::Migrate(arguments) => arguments.run(),
        Command::Flush(arguments) => arguments.run(),
        Command::Delete(arguments) => arguments.run(),
        Command::Add(arguments) => arguments.run(),
        Command::Reload(arguments) => arguments.run(),
        Command::Stop(arguments) => arguments.run(),
    };
    end(done)
}

/// The status that a command ends with; its error is printed.
fn end(done: Done) -> Exit {
    match done {
        Ok(()) => Exit::Success,
        Err(error) => {
            let exit = Exit::of(&error);
            if exit != Exit::Success {
                print_error(&error);
            }
            exit
        }
    }
}

/// Prints what clap has to say: help, the version, or what is wrong.
fn usage(mut error: clap::Error) -> Exit {
    // What was typed is in it.
    let typed: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, escape::one_line(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in typed {
        error.insert(kind, ContextValue::String(text));
    }
    if error.use_stderr() {
        // There is no other place to say it.
        _ = error.print();
        return Exit::Usage;
    }
    end(error.print().map_err(|error| output::told(error).into()))
}

/// Used by every command that shows a running tracker.
#[derive(Debug, clap::Args)]
struct InstanceArgument {
    /// The tracker's name
    #[arg(long, value_name = "INSTANCE", default_value_t)]
    name: crate::instance::Name,
}

type Done = Result<()>;

/// Arguments that do not go together, or settings that are wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(String);
