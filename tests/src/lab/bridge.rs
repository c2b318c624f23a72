//! The gateway as a bridge: both hosts on one wire, and no address of its own.

use anyhow::Result;

use super::{Host, LAN, Lab, WAN, address};

/// Joins the gateway's interfaces, which lose their addresses.
pub(super) fn make(lab: &Lab) -> Result<()> {
    let mut script = String::from("link add bridge type bridge\nlink set bridge up\n");
    for port in [LAN, WAN] {
        script += &format!("addr flush dev {port}\nlink set {port} master bridge\n");
    }
    lab.gateway.ip(&script)?;
    for host in [Host::Client, Host::Server] {
        lab.namespace(host).ip(&address::neighbour_script(host))?;
    }
    Ok(())
}
