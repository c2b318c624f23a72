//! `ftp-track run`.

use std::{num::NonZeroU16, path::PathBuf};

use clap::Args;

use super::Done;
use crate::{
    config::{Choice, File, InterfaceName, Mark, Mode, Settings},
    daemon,
    instance::Name,
};

/// Load the kernel programs and track until a signal comes
///
/// Needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. SIGTERM or Ctrl-C stops it and leaves no
/// trace. Options that take a value may be given again for more values.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Interface that is watched; once for each
    #[arg(long = "interface", value_name = "IF")]
    interfaces: Vec<InterfaceName>,

    /// Port where FTP control connections arrive [default: 21]
    #[arg(long = "control-port", value_name = "PORT")]
    control_ports: Vec<NonZeroU16>,

    /// Port where new connections are allowed in enforce mode
    #[arg(long = "allow-port", value_name = "PORT")]
    allow_ports: Vec<NonZeroU16>,

    /// What happens to packets [default: observe]
    #[arg(long)]
    mode: Option<Mode>,

    /// Bits that mark mode sets in the mark of packets; no others are touched [default: 0x200]
    #[arg(long, value_name = "VALUE[/MASK]")]
    mark: Option<Mark>,

    /// Name of this tracker, unique on this machine [default: default]
    #[arg(long, value_name = "INSTANCE")]
    name: Option<Name>,

    /// File (TOML) with settings; the command line wins
    ///
    /// Keys: name, interfaces, control_ports, allow_ports, mode, mark, and, in seconds,
    /// expectation_lifetime (60), session_idle (7200), flow_idle (600).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Arguments {
    /// Runs the daemon.
    pub fn run(self) -> Done {
        let file = match &self.config {
            Some(path) => File::read(path)?,
            None => Choice::default(),
        };
        let settings = Settings::complete(self.choice().or(file))?;
        daemon::start_journal();
        Ok(daemon::run(&settings)?)
    }

    fn choice(self) -> Choice {
        Choice {
            name: self.name,
            interfaces: some(self.interfaces),
            control_ports: some(self.control_ports),
            allow_ports: some(self.allow_ports),
            mode: self.mode,
            mark: self.mark,
            ..Choice::default()
        }
    }
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}
