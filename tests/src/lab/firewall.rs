//! The gateway's own nftables firewall.

use anyhow::Result;

use super::{Namespace, witness};
use crate::process;

/// What the gateway's nftables let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firewall {
    /// Everything.
    Open,
    /// New connections to the FTP control port, and what belongs to connections that exist.
    ControlOnly,
    /// As [`Firewall::ControlOnly`], with the kernel's own FTP helper to admit data connections.
    KernelHelper,
}

/// The last rules of a firewall that refuses: neighbour discovery is no connection.
const DENY: &str = "\
        ct state established,related accept
        tcp dport 21 ct state new accept
        meta l4proto icmpv6 accept
        meta l4proto tcp counter name refused drop
    }
";

const HELPER: &str = "\
    ct helper ftp { type \"ftp\" protocol tcp; }
    chain assign {
        type filter hook prerouting priority 0; policy accept;
        tcp dport 21 ct helper set \"ftp\"
    }
";

pub(super) fn install(gateway: &Namespace, firewall: Firewall) -> Result<()> {
    let (helper, deny, policy) = match firewall {
        Firewall::Open => ("", "    }\n", "accept"),
        Firewall::ControlOnly => ("", DENY, "drop"),
        Firewall::KernelHelper => (HELPER, DENY, "drop"),
    };
    // Named first, so that deleting works whether or not there was one.
    let script = format!(
        "table inet firewall\n\
         delete table inet firewall\n\
         table inet firewall {{\n    counter refused {{}}\n{helper}    chain forward {{\n\
         \x20       type filter hook forward priority 0; policy {policy};\n{deny}}}\n"
    );
    process::run_with_input(gateway.command("nft").args(["-f", "-"]), &script).map(drop)
}

pub(super) fn refused(gateway: &Namespace) -> Result<u64> {
    witness::counter(gateway, "firewall", "refused", "packets")
}
