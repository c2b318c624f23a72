//! Offloads, which decide how large the segments are that the gateway sees.

use anyhow::Result;

use super::Namespace;
use crate::process;

/// Whether hosts hand over super-packets and the gateway joins segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offload {
    /// GRO, GSO and TSO on.
    On,
    /// GRO, GSO and TSO off: every segment fits the MTU.
    Off,
}

pub(super) fn set(namespace: &Namespace, interface: &str, offload: Offload) -> Result<()> {
    let state = match offload {
        Offload::On => "on",
        Offload::Off => "off",
    };
    let mut command = namespace.command("ethtool");
    command.args(["-K", interface, "gro", state, "gso", state, "tso", state]);
    process::run(&mut command).map(drop)
}
