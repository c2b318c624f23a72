//! Counters in the gateway that say what it forwarded. They judge nothing.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Namespace;
use crate::process;

const TABLE: &str = "\
table inet witness {
    counter control_opened {}
    counter data_opened {}
    counter data {}
    chain forwarded {
        type filter hook forward priority 300; policy accept;
        tcp dport 21 tcp flags & (syn | ack) == syn counter name control_opened
        tcp dport 21 accept
        tcp sport 21 accept
        tcp flags & (syn | ack) == syn counter name data_opened
        meta l4proto tcp counter name data
    }
}
";

/// What went through the gateway, counted behind every firewall in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passage {
    /// SYNs to the FTP control port.
    pub control_opened: u64,
    /// SYNs to all other ports, in either direction.
    pub data_opened: u64,
    /// Bytes of packets that do not belong to a control connection, in both directions.
    pub data_bytes: u64,
}

impl Passage {
    /// What came on top since `earlier`.
    pub fn since(self, earlier: Passage) -> Passage {
        Passage {
            control_opened: self.control_opened - earlier.control_opened,
            data_opened: self.data_opened - earlier.data_opened,
            data_bytes: self.data_bytes - earlier.data_bytes,
        }
    }
}

pub(super) fn install(gateway: &Namespace) -> Result<()> {
    process::run_with_input(gateway.command("nft").args(["-f", "-"]), TABLE).map(drop)
}

pub(super) fn read(gateway: &Namespace) -> Result<Passage> {
    Ok(Passage {
        control_opened: counter(gateway, "witness", "control_opened", "packets")?,
        data_opened: counter(gateway, "witness", "data_opened", "packets")?,
        data_bytes: counter(gateway, "witness", "data", "bytes")?,
    })
}

/// Reads `packets` or `bytes` of a named nftables counter.
pub(super) fn counter(gateway: &Namespace, table: &str, name: &str, unit: &str) -> Result<u64> {
    let mut nft = gateway.command("nft");
    let text = process::run(nft.args(["-j", "list", "counter", "inet", table, name]))?;
    let json: Value = serde_json::from_str(&text)?;
    json["nftables"]
        .as_array()
        .and_then(|objects| objects.iter().find_map(|o| o["counter"][unit].as_u64()))
        .with_context(|| format!("nft shows no counter {table} {name}: {text}"))
}
