//! A gateway between a client and a server, in one of the ways that are compared.

use std::fs;

use anyhow::{Context, Result};
use ftp_track_tests::lab::{Firewall, Host, LAN, Lab, WAN};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::{process, recipe};
use serde_json::Value;

use crate::bpf::Attached;
use crate::program;

/// What stands in the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Routing alone.
    Plain,
    /// A firewall on the kernel's conntrack, and its FTP helper.
    Kernel,
    /// An XDP program that passes everything.
    Empty,
    /// An XDP program that sends everything out on the other side.
    Redirect,
    /// An XDP program that drops everything: what is left is bringing the frames.
    Drop,
    /// ftp-track in a mode, with the firewall that goes with it.
    Tracker(TrackerMode),
}

impl Kind {
    /// The name of its rows.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Plain => "plain routing",
            Kind::Kernel => "nf_conntrack and helper",
            Kind::Empty => "empty program",
            Kind::Redirect => "bare redirect",
            Kind::Drop => "drop",
            Kind::Tracker(mode) => match mode {
                TrackerMode::Observe => "observe",
                TrackerMode::Enforce => "enforce",
                TrackerMode::Mark => "mark",
                TrackerMode::Bypass => "bypass by TC",
                TrackerMode::BypassByXdp => "bypass",
                TrackerMode::Conntrack => "conntrack",
                TrackerMode::EnforceForwarded => "enforce, not local",
                TrackerMode::EnforceByTc => "enforce by TC",
                TrackerMode::ConntrackByTc => "conntrack by TC",
                TrackerMode::Default => "default",
            },
        }
    }

    /// The rules of nftables that are its own: in `observe` and `enforce` there are none.
    fn set_firewall(self, lab: &Lab) -> Result<()> {
        match self {
            Kind::Kernel => lab.set_firewall(Firewall::KernelHelper)?,
            Kind::Tracker(TrackerMode::Mark) => recipe::load(lab, "mark")?,
            Kind::Tracker(
                TrackerMode::Conntrack
                | TrackerMode::ConntrackByTc
                | TrackerMode::Bypass
                | TrackerMode::BypassByXdp,
            ) => lab.set_firewall(Firewall::ControlOnly)?,
            _ => return Ok(()),
        }
        // A card checks the checksums of what it receives; here nobody has, and conntrack would.
        let set = || fs::write("/proc/sys/net/netfilter/nf_conntrack_checksum", "0");
        let written = lab.namespace(Host::Gateway).enter(set)?;
        written.context("cannot set nf_conntrack_checksum")
    }
}

/// A lab for each of `count` gateways.
pub fn labs(count: usize) -> Result<Vec<Lab>> {
    (0..count).map(|_| lab()).collect()
}

/// A lab for a gateway. As a card does, all interfaces join segments where they can.
fn lab() -> Result<Lab> {
    let lab = Lab::new()?;
    // The witness of the tests costs every packet something.
    nft(&lab, "delete table inet witness\n")?;
    for (host, interfaces) in [
        (Host::Client, &["eth0"][..]),
        (Host::Server, &["eth0"]),
        (Host::Gateway, &[LAN, WAN]),
    ] {
        for interface in interfaces {
            let mut ethtool = lab.namespace(host).command("ethtool");
            process::run(ethtool.args(["-K", interface, "gro", "on"]))?;
        }
    }
    for (host, interface) in [(Host::Client, LAN), (Host::Server, WAN)] {
        let card = card(&lab, host, "eth0")?.text;
        let address = host.address(ftp_track_tests::lab::Family::V4).to_string();
        let mut ip = lab.namespace(Host::Gateway).command("ip");
        ip.args(["neighbour", "replace", &address, "lladdr", &card]);
        process::run(ip.args(["dev", interface, "nud", "permanent"]))?;
    }
    Ok(lab)
}

fn nft(lab: &Lab, script: &str) -> Result<()> {
    let mut nft = lab.namespace(Host::Gateway).command("nft");
    process::run_with_input(nft.args(["-f", "-"]), script).map(drop)
}

/// What stands in the gateway, as long as it is kept.
pub struct Gateway<'a> {
    /// Which it is.
    pub kind: Kind,
    /// Where it stands.
    pub lab: &'a Lab,
    /// ftp-track, if it is that.
    pub tracker: Option<Tracker<'a>>,
    programs: Vec<Attached>,
}

impl<'a> Gateway<'a> {
    /// Sets the firewall and starts ftp-track.
    pub fn start(lab: &'a Lab, kind: Kind) -> Result<Self> {
        kind.set_firewall(lab)?;
        Self::start_open(lab, kind)
    }

    /// One of each kind, started and closed.
    pub fn start_all(labs: &'a [Lab], kinds: &[Kind]) -> Result<Vec<Self>> {
        let start = |(lab, &kind)| {
            let mut gateway = Self::start(lab, kind)?;
            gateway.close()?;
            Ok(gateway)
        };
        labs.iter().zip(kinds).map(start).collect()
    }

    /// Starts ftp-track, without any firewall.
    pub fn start_open(lab: &'a Lab, kind: Kind) -> Result<Self> {
        let tracker = match kind {
            Kind::Tracker(mode) => Some(Tracker::start(lab, mode)?),
            _ => None,
        };
        Ok(Self {
            kind,
            lab,
            tracker,
            programs: Vec::new(),
        })
    }

    /// Attaches the programs that would stand in the way of a handshake.
    pub fn close(&mut self) -> Result<()> {
        let gateway = self.lab.namespace(Host::Gateway);
        for (interface, other) in [(LAN, WAN), (WAN, LAN)] {
            let program = match self.kind {
                Kind::Empty => program::empty()?,
                Kind::Drop => program::drop()?,
                Kind::Redirect => program::redirect(card(self.lab, Host::Gateway, other)?.index)?,
                Kind::Plain | Kind::Kernel | Kind::Tracker(_) => return Ok(()),
            };
            self.programs.push(program.attach(gateway, interface)?);
        }
        Ok(())
    }
}

/// An interface.
pub struct Card {
    /// Its index in its namespace.
    pub index: u32,
    /// Its address.
    pub address: [u8; 6],
    text: String,
}

/// Looks up an interface of a host.
pub fn card(lab: &Lab, host: Host, interface: &str) -> Result<Card> {
    let mut ip = lab.namespace(host).command("ip");
    let json = process::run(ip.args(["-json", "link", "show", "dev", interface]))?;
    let json: Value = serde_json::from_str(&json)?;
    let text = json[0]["address"]
        .as_str()
        .context("no address")?
        .to_owned();
    let mut address = [0; 6];
    for (to, part) in address.iter_mut().zip(text.split(':')) {
        *to = u8::from_str_radix(part, 16)?;
    }
    let index = json[0]["ifindex"].as_u64().context("no index")? as u32;
    Ok(Card {
        index,
        address,
        text,
    })
}
