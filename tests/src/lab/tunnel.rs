//! A link without Ethernet: a tun device at either end, as those of OpenVPN and of ppp daemons.

use anyhow::{Context, Result};

use super::{Cable, Host, Lab, Port, Relay, address};

/// Replaces the link between server and gateway.
pub(super) fn make(lab: &Lab) -> Result<Relay> {
    let sides = &address::SIDES;
    let side = sides.iter().find(|side| side.host == Host::Server);
    let side = side.context("the server has no link")?;
    let (gateway, server) = (&lab.gateway, &lab.server);
    // Its other end goes with it.
    gateway.ip(&format!("link del {}\n", side.interface()))?;
    let ports = [
        Port::tun(server, address::HOST_INTERFACE)?,
        Port::tun(gateway, side.interface())?,
    ];
    gateway.ip(&side.gateway_end_script(&Cable::default()))?;
    server.ip(&side.host_script(&Cable::default()))?;
    Ok(Relay::start(ports, |_, packet| vec![packet]))
}
