//! The gateway's conntrack table.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};

use super::Namespace;

/// An entry as `/proc/net/nf_conntrack` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    line: String,
}

impl Entry {
    /// Whether the line has this word: a state of TCP, `[ASSURED]`, `mark=5`.
    pub fn has(&self, word: &str) -> bool {
        self.line.split_whitespace().any(|one| one == word)
    }
}

/// The entries of connections to `to`, from any port of `from`.
pub(super) fn entries(gateway: &Namespace, from: IpAddr, to: SocketAddr) -> Result<Vec<Entry>> {
    // Opened inside: it is the opener's table.
    let table = gateway.enter(|| fs::read_to_string("/proc/thread-self/net/nf_conntrack"))?;
    let table = table.context("no conntrack table: it takes CONFIG_NF_CONNTRACK_PROCFS")?;
    let ends = format!("src={} dst={} sport=", text(from), text(to.ip()));
    let port = format!(" dport={} ", to.port());
    let lines = table.lines().filter(|line| {
        // The first tuple is the direction in which the connection was opened.
        let original = line.split(" src=").nth(1).unwrap_or_default();
        format!("src={original} ").starts_with(&ends) && format!("{original} ").contains(&port)
    });
    Ok(lines
        .map(|line| Entry {
            line: line.to_owned(),
        })
        .collect())
}

/// An address as the table shows it: of IPv6 all digits.
fn text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let groups = address.segments().map(|group| format!("{group:04x}"));
            groups.join(":")
        }
    }
}
