//! A second client and server behind the same gateway, with the addresses of the first.

use anyhow::Result;

use super::{Lab, address::SIDES};

/// The routing table of what comes in by the second two interfaces.
const TABLE: u32 = 2;

/// Brings the links of another lab to the gateway of this one, as `lan2` and `wan2`. What comes in by
/// either of them is routed between the two.
pub(super) fn join(lab: &Lab, other: &Lab) -> Result<()> {
    for side in SIDES {
        let (interface, name) = (side.interface(), format!("{}2", side.interface()));
        let gateway = lab.gateway.name();
        let moved = format!("link set {interface} netns {gateway} name {name}\n");
        other.gateway.ip(&moved)?;
        lab.gateway.ip(&side.twin_script(&name, TABLE))?;
        for family in ["-4", "-6"] {
            let mut ip = lab.gateway.command("ip");
            ip.args([family, "rule", "add", "iif", &name, "lookup"]);
            crate::process::run(ip.arg(TABLE.to_string()))?;
        }
    }
    Ok(())
}
