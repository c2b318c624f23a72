//! `ftp-track stats`.

use clap::Args;
use ftp_track_common::reason::Reason;

use super::{
    Done, InstanceArgument,
    output::{Format, print, print_json},
    tracked,
};
use crate::view::Table;

/// Show how often each reason came up
///
/// Every decision of the tracker has a reason, and every reason a counter. The table leaves out
/// those that did not come up.
#[derive(Debug, Args)]
#[command(after_long_help = reasons())]
pub struct Arguments {
    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

impl Arguments {
    /// Shows the counters.
    pub fn run(self) -> Done {
        let name = &self.instance.name;
        let view = tracked::open(name)?.count()?;
        match self.output {
            Format::Table => {
                let table = Table::of(&view.rows());
                Ok(print(&format!(
                    "{table}\nlost events: {}\n",
                    view.lost_events
                ))?)
            }
            Format::Json => print_json(name, view),
        }
    }
}

fn reasons() -> String {
    let named = Reason::ALL.iter().filter(|reason| **reason != Reason::None);
    let lines = named.map(|reason| format!("  {:<20} {}\n", reason.name(), reason.sentence()));
    format!("Reasons:\n{}", lines.collect::<String>().trim_end())
}
