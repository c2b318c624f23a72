//! `ftp-track migrate`.

use clap::Args;

use super::{
    Done, InstanceArgument,
    output::{Format, print, print_json},
};
use crate::{
    escape,
    migrate::{Error, Plan, Survey, Verdict},
    view::MigrationView,
};

/// Show how to replace the kernel's FTP helper, and the way back
///
/// Looks at the current network namespace (nft, iptables, firewalld, the kernel's modules, files
/// that are read at boot) and prints the commands for exactly these rules. It changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status of --check: 0 at most one of helper and tracker is active, \
                        1 both are, 3 not everything could be looked at"
)]
pub struct Arguments {
    /// Only say whether the helper and ftp-track are both active
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

impl Arguments {
    /// Looks and prints.
    pub fn run(self) -> Done {
        let survey = Survey::look();
        let view = MigrationView::of(&survey, &Plan::of(&survey, &self.instance.name));
        match self.output {
            Format::Json => print_json(&self.instance.name, &view)?,
            Format::Table if self.check => print(&escape::for_terminal(&view.findings()))?,
            Format::Table => print(&escape::for_terminal(&view.to_string()))?,
        }
        match survey.verdict() {
            Verdict::Conflict if self.check => Err(Error::Conflict.into()),
            Verdict::Unknown if self.check => Err(Error::Unseen(view.unseen.join("; ")).into()),
            _ => Ok(()),
        }
    }
}
