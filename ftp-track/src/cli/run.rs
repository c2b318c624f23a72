//! `ftp-track run`.

use std::{num::NonZeroU16, path::PathBuf};

use clap::Args;

use super::Done;
use crate::{
    config::{Choice, File, HookChoice, InterfaceName, Mark, MetricsAddress, Mode, Settings},
    daemon,
    instance::Name,
};

/// Load the kernel programs and track until a signal comes
///
/// Needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. SIGTERM or Ctrl-C stops it and leaves no
/// trace, unless --keep is given. SIGHUP reads the configuration file again. What a killed or kept
/// tracker of the same name left is taken over without a gap. --interface, --control-port and --allow-port may be given
/// again for more values.
///
/// The log goes to stderr: what is at least information. The variable RUST_LOG says it differently: debug, or warn, say;
/// warnings are always written.
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

    /// What happens to packets [default: conntrack where conntrack is at work, else observe]
    #[arg(long)]
    mode: Option<Mode>,

    /// Bits that mark mode sets in the mark of packets; no others are touched [default: 0x200]
    #[arg(long, value_name = "VALUE[/MASK]")]
    mark: Option<Mark>,

    /// Where packets that come in are looked at [default: auto]
    #[arg(long)]
    hook: Option<HookChoice>,

    /// Name of this tracker, unique on this machine [default: default]
    #[arg(long, value_name = "INSTANCE")]
    name: Option<Name>,

    /// Leave programs and maps at work when the tracker ends, for the next one to take over
    ///
    /// `ftp-track stop` removes them.
    #[arg(long)]
    keep: bool,

    /// Replace what another build of ftp-track left under this name, and forget what it knew
    #[arg(long)]
    replace: bool,

    /// Wait for interfaces that do not exist (ppp0, say) instead of failing
    #[arg(long)]
    wait_for_interfaces: bool,

    /// Serve metrics in the Prometheus text format: ADDRESS:PORT, or unix:PATH [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<MetricsAddress>,

    /// File (TOML) with settings; the command line wins
    ///
    /// `ftp-track check --example` prints one with every key and its default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Arguments {
    /// Runs the daemon.
    pub fn run(self) -> Done {
        let (config, replace) = (self.config.clone(), self.replace);
        let line = self.choice();
        // Read again for every reload.
        let read = || {
            let file = match &config {
                Some(path) => File::read(path)?,
                None => File::default(),
            };
            Settings::complete(line.clone(), file)
        };
        let settings = read()?;
        daemon::start_log();
        Ok(daemon::run(settings, &read, replace)?)
    }

    fn choice(self) -> Choice {
        Choice {
            name: self.name,
            interfaces: some(self.interfaces),
            control_ports: some(self.control_ports),
            allow_ports: some(self.allow_ports),
            not_tcp: None,
            hook: self.hook,
            local: None,
            mode: self.mode,
            mark: self.mark,
            keep: self.keep.then_some(true),
            wait_for_interfaces: self.wait_for_interfaces.then_some(true),
            metrics: self.metrics,
            max_sessions: None,
            max_flows: None,
        }
    }
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}
