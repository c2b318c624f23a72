//! `ftp-track check`.

use std::path::PathBuf;

use clap::Args;

use super::{
    Done,
    output::{Format, print, print_json},
};
use crate::{
    config::{Choice, EXAMPLE, File, Settings},
    conntrack, daemon,
    view::PolicyView,
};

/// Say what is wrong with a configuration, or what it means
///
/// Touches nothing and needs no privilege. Without a file, shows what holds by default. Every fault
/// is shown with its file, line and column; the exit status is then 2. It is 3 if this machine's
/// kernel cannot do what the configuration asks for.
#[derive(Debug, Args)]
pub struct Arguments {
    /// File (TOML) to check
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print an example: every key, its default, and what it means
    #[arg(long, conflicts_with_all = ["config", "output"])]
    example: bool,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

impl Arguments {
    /// Checks.
    pub fn run(self) -> Done {
        if self.example {
            return Ok(print(EXAMPLE)?);
        }
        let file = match &self.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let settings = Settings::check(Choice::default(), file)?;
        // Where the kernel does not tell, as where nf_conntrack is not loaded, `run` will say it.
        if let Ok(false) = conntrack::knows_zones() {
            conntrack::refuse_zones(&settings).map_err(daemon::Error::Conntrack)?;
        }
        let view = PolicyView::of(&settings);
        match self.output {
            Format::Table => Ok(print(&view.to_string())?),
            Format::Json => print_json(&settings.name, view),
        }
    }
}
