//! Links of the kernel without Ethernet, where it has them: WireGuard and PPP.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Cable, Host, Lab, Namespace, address};
use crate::process::{self, Service};

/// How long two PPP daemons may take to agree.
const AGREED: Duration = Duration::from_secs(60);
/// The WireGuard tunnel's own link (RFC 5737).
const UNDERLAY: [&str; 2] = ["203.0.113.1", "203.0.113.2"];
const PORT: &str = "51820";

fn side() -> Result<&'static address::Side> {
    let mut sides = address::SIDES.iter();
    let side = sides.find(|side| side.host == Host::Server);
    side.context("the server has no link")
}

/// Puts a WireGuard tunnel in the place of the link between server and gateway, through that link.
pub(super) fn wireguard(lab: &Lab) -> Result<()> {
    let side = side()?;
    let names = [side.interface(), address::HOST_INTERFACE];
    let namespaces = [&lab.gateway, &lab.server];
    let keys = [Key::new(lab, "gateway")?, Key::new(lab, "server")?];
    for at in [0, 1] {
        let (name, own, peer) = (names[at], UNDERLAY[at], UNDERLAY[1 - at]);
        namespaces[at].ip(&format!(
            "link set {name} down\n\
             link set {name} name under\n\
             addr flush dev under\n\
             addr add {own}/24 dev under\n\
             link set under up\n\
             link add {name} type wireguard\n"
        ))?;
        let mut wg = namespaces[at].command("wg");
        wg.args(["set", name, "listen-port", PORT])
            .args(["private-key", &keys[at].file])
            .args(["peer", &keys[1 - at].public])
            .args(["allowed-ips", "0.0.0.0/0,::/0"])
            .args(["endpoint", &format!("{peer}:{PORT}")]);
        process::run(&mut wg)?;
    }
    address_both(lab, side)
}

/// One end's key pair.
struct Key {
    file: String,
    public: String,
}

impl Key {
    fn new(lab: &Lab, name: &str) -> Result<Self> {
        let private = process::run(process::command("wg").arg("genkey"))?;
        let public = process::run_with_input(process::command("wg").arg("pubkey"), &private)?;
        let file = lab.folder().join(format!("{name}.key"));
        fs::write(&file, private)?;
        Ok(Self {
            file: file.display().to_string(),
            public: public.trim().to_owned(),
        })
    }
}

/// Puts a serial line with PPP in the place of the link between server and gateway. It works while
/// the service runs.
pub(super) fn ppp(lab: &Lab) -> Result<Service> {
    let side = side()?;
    let names = [side.interface(), address::HOST_INTERFACE];
    lab.gateway.ip(&format!("link del {}\n", names[0]))?;
    let common = "nodetach local noauth noipdefault nodefaultroute +ipv6 ifname";
    // Addresses of their own, so that those of the lab are free to be given as on other links.
    let [own, peer] = UNDERLAY;
    let server = format!(
        "nsenter --net={} pppd notty {common} {} {peer}:{own}",
        lab.server.path().display(),
        names[1],
    );
    let mut pppd = lab.gateway.command("pppd");
    pppd.args(common.split(' ')).arg(names[0]);
    pppd.arg(format!("{own}:{peer}")).args(["pty", &server]);
    let mut service = Service::start("pppd", pppd, &lab.folder().join("pppd.log"))?;
    let is_up = |namespace: &Namespace, name: &str| {
        let mut ip = namespace.command("ip");
        let addresses = process::run(ip.args(["address", "show", "dev", name, "up"]));
        addresses.is_ok_and(|text| text.contains("203.0.113.") && text.contains("fe80:"))
    };
    service.wait_ready(AGREED, || {
        is_up(&lab.gateway, names[0]) && is_up(&lab.server, names[1])
    })?;
    address_both(lab, side)?;
    Ok(service)
}

fn address_both(lab: &Lab, side: &address::Side) -> Result<()> {
    lab.gateway
        .ip(&side.gateway_end_script(&Cable::default()))?;
    lab.server.ip(&side.host_script(&Cable::default()))?;
    Ok(())
}
