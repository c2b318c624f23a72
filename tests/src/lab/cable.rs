//! What joins the client to the gateway.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{LAN, Namespace, address::HOST_INTERFACE};
use crate::process;

/// The variable that names the driver of the network cards that a test is about.
pub const CARDS: &str = "FTP_TRACK_CARDS";
/// How long cards may take to come back from a lab that was removed.
const RETURN: Duration = Duration::from_secs(10);
const INTERFACES: &str = "/sys/class/net";

/// The link between client and gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cable {
    /// The driver of two network cards with a cable between them; none for a veth pair.
    pub cards: Option<String>,
    /// The VLAN in whose frames everything goes.
    pub vlan: Option<u16>,
}

impl Cable {
    /// The interface that has the address, on top of `interface` or itself.
    pub(super) fn addressed(&self, interface: &str) -> String {
        match self.vlan {
            Some(vlan) => format!("{interface}.{vlan}"),
            None => interface.to_owned(),
        }
    }

    /// `ip` lines that make the VLAN's interface.
    pub(super) fn vlan_script(&self, interface: &str) -> String {
        self.vlan.map_or_else(String::new, |vlan| {
            let upper = self.addressed(interface);
            format!(
                "link set {interface} up\n\
                 link add link {interface} name {upper} type vlan id {vlan}\n"
            )
        })
    }

    /// Moves the cards, if there are any, to where they belong.
    pub(super) fn plug_in(&self, gateway: &Namespace, client: &Namespace) -> Result<()> {
        let Some(driver) = &self.cards else {
            return Ok(());
        };
        let mut cards = Vec::new();
        process::wait_until(RETURN, || {
            cards = with_driver(driver);
            cards.len() >= 2
        });
        ensure!(
            cards.len() == 2,
            "two network cards with the driver {driver} are needed, there are {cards:?}"
        );
        for (card, (namespace, name)) in
            cards.iter().zip([(gateway, LAN), (client, HOST_INTERFACE)])
        {
            let mut ip = process::command("ip");
            ip.args(["link", "set", card, "netns", namespace.name(), "name", name]);
            process::run(&mut ip)?;
        }
        Ok(())
    }
}

/// The interfaces of this namespace that a driver serves.
fn with_driver(driver: &str) -> Vec<String> {
    let is_its = |name: &String| {
        let link = Path::new(INTERFACES).join(name).join("device/driver");
        fs::read_link(link).is_ok_and(|path| path.ends_with(driver))
    };
    let entries = fs::read_dir(INTERFACES).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(is_its)
        .collect();
    names.sort();
    names
}
