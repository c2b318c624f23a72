//! A link that was cut, with an open end on either side of the cut.

use anyhow::{Context, Result};

use super::{Host, Lab, Namespace, Port, address};
use crate::process;

/// A cut link between a host and the gateway. Frames that come out of one end have to be put into
/// the other one by hand.
#[derive(Debug)]
pub struct Wire {
    /// Where both ends are.
    pub namespace: Namespace,
    /// The end towards the host.
    pub host: String,
    /// The end towards the gateway.
    pub gateway: String,
}

impl Wire {
    /// Both ends: towards the host, and towards the gateway.
    pub fn ports(&self) -> Result<[Port; 2]> {
        let open = |name| Port::packets(&self.namespace, name);
        Ok([open(&self.host)?, open(&self.gateway)?])
    }
}

/// Cuts the link of `host`.
pub(super) fn cut(lab: &Lab, host: Host) -> Result<Wire> {
    let side = address::SIDES.iter().find(|side| side.host == host);
    let side = side.context("the gateway has no link of its own to cut")?;
    let namespace = Namespace::named(format!("{}-wire", lab.name));
    if !namespace.exists() {
        namespace.create()?;
        // Nobody in between says anything of his own.
        namespace.set_sysctls(&[
            ("ipv6/conf/all/disable_ipv6", "1"),
            ("ipv6/conf/default/disable_ipv6", "1"),
        ])?;
    }
    let (near, far) = (format!("{host}0"), format!("{host}1"));
    let wire = namespace.name();
    lab.gateway.ip(&side.wired_gateway_script(wire, &far))?;
    lab.namespace(host)
        .ip(&side.wired_host_script(wire, &near))?;
    namespace.ip(&format!("link set {near} up\nlink set {far} up\n"))?;
    // A raw socket neither completes checksums nor cuts super-packets.
    let ends = [
        (&lab.gateway, side.interface()),
        (lab.namespace(host), address::HOST_INTERFACE),
        (&namespace, &near),
        (&namespace, &far),
    ];
    for (namespace, interface) in ends {
        let mut ethtool = namespace.command("ethtool");
        ethtool.args([
            "-K", interface, "tx", "off", "gro", "off", "gso", "off", "tso", "off",
        ]);
        process::run(&mut ethtool)?;
    }
    Ok(Wire {
        namespace,
        host: near,
        gateway: far,
    })
}
