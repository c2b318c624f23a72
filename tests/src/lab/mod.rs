//! A throwaway lab: client, gateway and server, joined by two veth pairs.
//!
//! ```text
//! client eth0 ---- lan gateway wan ---- eth0 server
//!   192.0.2.2    .1  192.0.2.0/24      198.51.100.0/24  .1   198.51.100.2
//!   2001:db8:1::2   2001:db8:1::/64   2001:db8:2::/64        2001:db8:2::2
//! ```

mod address;
mod bridge;
mod cable;
mod conntrack;
mod firewall;
mod layer3;
mod namespace;
mod offload;
mod port;
mod relay;
mod sweep;
mod tunnel;
mod twin;
mod wire;
mod witness;

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};

pub use address::{Family, Host};
pub use cable::{CARDS, Cable};
pub use conntrack::Entry;
pub use firewall::Firewall;
pub use namespace::Namespace;
pub use offload::Offload;
pub use port::Port;
pub use relay::Relay;
pub use sweep::{remove_own, remove_stale};
pub use wire::Wire;
pub use witness::Passage;

use crate::process;

/// The gateway's interface towards the client.
pub const LAN: &str = "lan";
/// The gateway's interface towards the server.
pub const WAN: &str = "wan";

/// Three joined network namespaces and a work folder. Dropping the lab ends every process in it and
/// removes it; a lab whose maker was killed is removed by the next one.
#[derive(Debug)]
pub struct Lab {
    name: String,
    folder: PathBuf,
    client: Namespace,
    gateway: Namespace,
    server: Namespace,
}

impl Lab {
    /// Makes a lab that forwards everything, with a name that no other lab on this machine has.
    pub fn new() -> Result<Self> {
        Self::with_cable(&Cable::default())
    }

    /// As [`Lab::new`], with something other than a veth pair between client and gateway.
    pub fn with_cable(cable: &Cable) -> Result<Self> {
        static SWEEP: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);

        ensure!(
            process::is_root(),
            "a lab needs root: network namespaces and BPF programs are made by root only"
        );
        SWEEP.call_once(remove_stale);
        let name = sweep::name(std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // From here on the lab exists, so whatever fails below is undone by Drop.
        let lab = Self {
            folder: sweep::folder(&name),
            client: Namespace::named(format!("{name}-client")),
            gateway: Namespace::named(format!("{name}-gateway")),
            server: Namespace::named(format!("{name}-server")),
            name,
        };
        lab.build(cable)
            .with_context(|| format!("cannot make lab {}", lab.name))?;
        Ok(lab)
    }

    fn build(&self, cable: &Cable) -> Result<()> {
        fs::create_dir(&self.folder)?;
        // Servers read their files here after they gave up root.
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755))?;
        for namespace in [&self.client, &self.gateway, &self.server] {
            namespace.create()?;
            namespace.set_sysctls(&[
                // Addresses are usable at once, without duplicate address detection.
                ("ipv6/conf/all/accept_dad", "0"),
                ("ipv6/conf/default/accept_dad", "0"),
                // Servers of different users would fight over port 20 in TIME_WAIT.
                ("ipv4/tcp_max_tw_buckets", "0"),
            ])?;
        }
        let forwarding = [("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")];
        self.gateway.set_sysctls(&forwarding)?;
        cable.plug_in(&self.gateway, &self.client)?;
        for side in address::SIDES {
            let plain = Cable::default();
            let cable = if side.host == Host::Client {
                cable
            } else {
                &plain
            };
            let host = self.namespace(side.host);
            self.gateway.ip(&side.gateway_script(host.name(), cable))?;
            host.ip(&side.host_script(cable))?;
        }
        witness::install(&self.gateway)
    }

    /// The lab's name, unique on this machine; also the name of its ftp-track instance.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A folder for configurations, logs and files, removed with the lab.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The namespace of a host.
    pub fn namespace(&self, host: Host) -> &Namespace {
        match host {
            Host::Client => &self.client,
            Host::Gateway => &self.gateway,
            Host::Server => &self.server,
        }
    }

    /// Cuts the link between `host` and the gateway: whoever takes the wire has to carry the frames.
    ///
    /// Before a tracker is started, since the gateway's interface is made anew.
    pub fn cut(&self, host: Host) -> Result<Wire> {
        wire::cut(self, host)
    }

    /// Puts a pair of tun devices in the place of the link between server and gateway. It works
    /// while the relay is kept.
    pub fn tunnel(&self) -> Result<Relay> {
        tunnel::make(self)
    }

    /// Puts a WireGuard tunnel in the place of the link between server and gateway.
    pub fn wireguard(&self) -> Result<()> {
        layer3::wireguard(self)
    }

    /// Puts a serial line with PPP in the place of the link between server and gateway. It works
    /// while the service is kept.
    pub fn ppp(&self) -> Result<process::Service> {
        layer3::ppp(self)
    }

    /// Brings the client and the server of another lab behind this one's gateway, on its interfaces
    /// `lan2` and `wan2`: they have the same addresses as the first.
    pub fn join(&self, other: &Lab) -> Result<()> {
        twin::join(self, other)
    }

    /// Makes the gateway a bridge, whose ports are its two interfaces.
    pub fn bridge(&self) -> Result<()> {
        bridge::make(self)
    }

    /// Replaces the gateway's nftables firewall and starts its counters at zero.
    pub fn set_firewall(&self, firewall: Firewall) -> Result<()> {
        firewall::install(&self.gateway, firewall)
    }

    /// New TCP connections that the gateway's nftables firewall has refused since it was set.
    pub fn refused(&self) -> Result<u64> {
        firewall::refused(&self.gateway)
    }

    /// The gateway's conntrack entries of connections to `to`, opened from any port of `from`.
    pub fn conntrack(&self, from: IpAddr, to: SocketAddr) -> Result<Vec<Entry>> {
        conntrack::entries(&self.gateway, from, to)
    }

    /// What the gateway has forwarded so far.
    pub fn passage(&self) -> Result<Passage> {
        witness::read(&self.gateway)
    }

    /// Sets the MTU of all four interfaces.
    pub fn set_mtu(&self, mtu: u32) -> Result<()> {
        for (host, interface) in [
            (Host::Gateway, LAN),
            (Host::Gateway, WAN),
            (Host::Client, address::HOST_INTERFACE),
            (Host::Server, address::HOST_INTERFACE),
        ] {
            let line = format!("link set {interface} mtu {mtu}\n");
            self.namespace(host).ip(&line)?;
        }
        Ok(())
    }

    /// Switches segmentation and receive offloads of all four interfaces.
    pub fn set_offload(&self, offload: Offload) -> Result<()> {
        offload::set(&self.gateway, LAN, offload)?;
        offload::set(&self.gateway, WAN, offload)?;
        offload::set(&self.client, address::HOST_INTERFACE, offload)?;
        offload::set(&self.server, address::HOST_INTERFACE, offload)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        sweep::remove(&self.name);
    }
}

impl Namespace {
    /// Runs lines of `ip` commands inside.
    fn ip(&self, script: &str) -> Result<String> {
        process::run_with_input(self.command("ip").args(["-batch", "-"]), script)
    }
}
