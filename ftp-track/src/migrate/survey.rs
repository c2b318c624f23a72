//! All that was found on this machine.

use super::{
    Attachment, BootLine, Helper, Interface, Obstacle, Role, Rule, boot, firewalld, interface,
    iptables::Iptables, nft, tracker,
};

/// The port of FTP (RFC 959, 8).
const CONTROL_PORT: u16 = 21;

/// What was found in the current network namespace, and what could not be looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// The helper in the kernel.
    pub helper: Helper,
    /// Rules and objects that have to do with the helper.
    pub rules: Vec<Rule>,
    /// Rules that translate addresses.
    pub translations: Vec<String>,
    /// Rules that put connections into a conntrack zone.
    pub zones: Vec<String>,
    /// Lines of files that bring the helper back.
    pub boot: Vec<BootLine>,
    /// The interfaces that FTP may pass.
    pub interfaces: Vec<Interface>,
    /// Where ftp-track is attached.
    pub attachments: Vec<Attachment>,
    /// What could not be looked at.
    pub unseen: Vec<Obstacle>,
}

/// What `migrate --check` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// At most one of the two is active.
    Clean,
    /// Both are active.
    Conflict,
    /// At most one was seen, but not everything was.
    Unknown,
}

impl Survey {
    /// Looks at everything; changes nothing.
    pub fn look() -> Self {
        let mut unseen = Vec::new();
        let helper = Helper::look(&mut unseen);
        let mut nft = nft::look().unwrap_or_else(|obstacle| {
            unseen.push(obstacle);
            nft::Nft::default()
        });
        let mut rules = firewalld::look(&mut nft, &mut unseen);
        let iptables = Iptables::look(nft.foreign > 0, &mut unseen);
        rules.extend(nft.rules);
        rules.extend(iptables.rules);
        Self {
            helper,
            rules,
            translations: [nft.translations, iptables.translations].concat(),
            zones: [nft.zones, iptables.zones].concat(),
            boot: boot::look(&mut unseen),
            interfaces: interface::look(&mut unseen),
            attachments: tracker::look(&mut unseen),
            unseen,
        }
    }

    /// The rules with one role.
    pub fn rules_that(&self, role: Role) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.role == role)
    }

    /// Whether new control connections are given the helper.
    pub fn is_helper_active(&self) -> bool {
        self.helper.acts_alone() || self.rules_that(Role::Assigns).next().is_some()
    }

    /// Whether both are active.
    pub fn verdict(&self) -> Verdict {
        match (self.is_helper_active(), self.attachments.is_empty()) {
            (true, false) => Verdict::Conflict,
            _ if !self.unseen.is_empty() => Verdict::Unknown,
            _ => Verdict::Clean,
        }
    }

    /// The control ports that the helper serves, 21 if none is named.
    pub fn control_ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self
            .rules_that(Role::Assigns)
            .flat_map(|rule| rule.ports.iter().copied())
            .collect();
        if self.helper.acts_alone() {
            ports.extend(&self.helper.ports);
        }
        ports.sort_unstable();
        ports.dedup();
        if ports.is_empty() {
            ports.push(CONTROL_PORT);
        }
        ports
    }
}
