//! Attaching the programs to interfaces.

use std::fmt;

use aya::programs::{
    ProgramError, TcAttachType, Xdp, XdpMode,
    links::FdLink,
    loaded_programs,
    xdp::{XdpLink, XdpLinkId},
};
use tracing::{info, warn};

use super::{
    Error, clsact,
    interface::Interface,
    pinned::{Links, is_dead},
    programs::Programs,
    tc,
};
use crate::{
    cause,
    config::{HookChoice, InterfaceName, Mode, Settings},
    escape, kernel,
};

/// The program by which libxdp lets several share an interface.
const DISPATCHER: &str = "xdp_dispatcher";

/// How a program is attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// XDP by the driver, before the kernel makes a packet of the frame.
    Driver,
    /// XDP by the kernel, for drivers without it: works everywhere, and is slower.
    Generic,
    /// TC, as a link (TCX).
    Tcx,
    /// TC, as a filter in the clsact qdisc.
    Clsact,
}

impl Hook {
    /// Whether it is XDP.
    pub fn is_xdp(self) -> bool {
        matches!(self, Self::Driver | Self::Generic)
    }

    /// Whether the kernel may have joined segments before, and does not say so: GRO leaves the
    /// pseudo header's checksum, and XDP in generic mode comes after it.
    pub fn may_join(self) -> bool {
        matches!(self, Self::Generic)
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Driver => "driver",
            Self::Generic => "generic",
            Self::Tcx => "tcx",
            Self::Clsact => "clsact",
        })
    }
}

/// The hook's name in the pin of an XDP link.
pub const XDP: &str = "xdp";

/// The programs on one interface. Their links are pinned: they stay when the process ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// The interface.
    pub interface: InterfaceName,
    /// Its index.
    pub index: u32,
    /// Where packets that come in are seen.
    pub hook: Hook,
    /// Where packets that come in are forwarded, if XDP did not; in bypass mode.
    pub forward: Option<Hook>,
    /// Where packets that leave are seen; not where this machine's own are nobody's business.
    pub egress: Option<Hook>,
}

/// Whether packets that come in are seen by XDP, if the driver takes it: not where frames have no
/// Ethernet header, nor where packets are to be marked.
///
/// Nor, unless it is asked for, on virtual links: TC takes what they carry in packets of up to 64 KiB,
/// XDP one segment at a time.
pub fn is_xdp(interface: &Interface, settings: &Settings) -> bool {
    let mode = settings.mode_of(&interface.name);
    let fits = match settings.hook {
        HookChoice::Tc => false,
        HookChoice::Auto => !interface.link.is_virtual(),
        HookChoice::Xdp => true,
    };
    fits && mode != Mode::Mark && !interface.link.layer3
}

/// Whether XDP is run by the kernel where the driver has none. For bypass, generic mode has nothing that
/// TC has not; and it is slower than TC, so it is only taken where it was asked for.
fn may_be_generic(mode: Mode, settings: &Settings) -> bool {
    settings.hook == HookChoice::Xdp && mode != Mode::Bypass
}

impl Attachment {
    /// Attaches `programs` to `interface`, or puts them into the links that an earlier daemon left
    /// there, without a gap.
    pub fn make(
        programs: &mut Programs<'_>,
        links: &Links,
        interface: &Interface,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let ingress = |name, programs: &mut Programs<'_>| {
            tc::attach(programs.tc(name)?, interface, TcAttachType::Ingress, links)
        };
        let mode = settings.mode_of(&interface.name);
        let xdp = if !is_xdp(interface, settings) {
            None
        } else if may_be_generic(mode, settings) {
            Some(attach_xdp(programs.xdp()?, interface, links)?)
        } else {
            let attached = attach_driver(programs.xdp()?, interface, links)?;
            attached
                .inspect_err(|error| {
                    let (name, why) = (&interface.name, cause::chain(error));
                    info!("{name}: the driver does not take the XDP program ({why}); TC does");
                })
                .ok()
        };
        let mut egress = None;
        if settings.local {
            let program = programs.tc(kernel::TC_EGRESS_PROGRAM)?;
            egress = Some(tc::attach(program, interface, TcAttachType::Egress, links)?);
        }
        // The last one: it may take another program's place, which is at work until then.
        let (hook, forward) = match xdp {
            None => (ingress(kernel::TC_INGRESS_PROGRAM, programs)?, None),
            Some(hook) if mode == Mode::Bypass => {
                let forward = ingress(kernel::TC_FORWARD_PROGRAM, programs)?;
                (hook, Some(forward))
            }
            Some(hook) => (hook, None),
        };
        Ok(Self {
            interface: interface.name.clone(),
            index: interface.link.index,
            hook,
            forward,
            egress,
        })
    }

    /// Whether it is on `interface`, by index and by name.
    pub fn is_on(&self, interface: &Interface) -> bool {
        self.index == interface.link.index && self.interface == interface.name
    }

    /// Whether it is what `settings` ask for on `interface`.
    pub fn serves(&self, interface: &Interface, settings: &Settings) -> bool {
        let mode = settings.mode_of(&interface.name);
        let by_xdp = is_xdp(interface, settings);
        let forwards = self.hook.is_xdp() && mode == Mode::Bypass;
        let serves = match self.hook {
            Hook::Driver => by_xdp,
            Hook::Generic => by_xdp && may_be_generic(mode, settings),
            // Where XDP would do, the driver has refused it.
            Hook::Tcx | Hook::Clsact => !by_xdp || !may_be_generic(mode, settings),
        };
        serves && self.forward.is_some() == forwards && self.egress.is_some() == settings.local
    }

    /// The pins of its links: hook and interface.
    pub fn pins(&self) -> Vec<(&'static str, u32)> {
        self.hooks().map(|(name, _)| (name, self.index)).collect()
    }

    /// What it consists of, by the hooks' names. Where packets that come in are seen is the first.
    fn hooks(&self) -> impl Iterator<Item = (&'static str, Hook)> {
        let name = match self.hook {
            Hook::Driver | Hook::Generic => XDP,
            Hook::Tcx | Hook::Clsact => tc::INGRESS,
        };
        let forward = self.forward.map(|hook| (tc::INGRESS, hook));
        let egress = self.egress.map(|hook| (tc::EGRESS, hook));
        [Some((name, self.hook)), forward, egress]
            .into_iter()
            .flatten()
    }

    /// What the kernel has no more of it: the hooks' names, and why.
    pub fn lost(&self, links: &Links) -> Vec<(&'static str, String)> {
        let lost = |(name, hook)| {
            let reason = match hook {
                Hook::Clsact => clsact::lost(name, self.index, links),
                Hook::Driver | Hook::Generic | Hook::Tcx => links.lost(name, self.index),
            };
            Some((name, reason?))
        };
        self.hooks().filter_map(lost).collect()
    }

    /// What is left without the hooks called `names`; nothing without the one where packets that come
    /// in are seen.
    pub fn without(mut self, names: &[&str]) -> Option<Self> {
        let is_lost = |(name, _): (&'static str, Hook)| names.contains(&name);
        if self.hooks().next().is_some_and(is_lost) {
            return None;
        }
        self.forward = self.forward.filter(|_| !names.contains(&tc::INGRESS));
        self.egress = self.egress.filter(|_| !names.contains(&tc::EGRESS));
        Some(self)
    }
}

/// Attaches to XDP: by the driver, or else by the kernel.
///
/// A driver refuses for many reasons: it has no XDP, or the MTU is larger than a page allows
/// (ERANGE), or its receive queues are set up otherwise. All of them leave the generic way.
fn attach_xdp(program: &mut Xdp, interface: &Interface, links: &Links) -> Result<Hook, Error> {
    let driver = match attach_driver(program, interface, links)? {
        Ok(hook) => return Ok(hook),
        Err(error) => cause::chain(&error),
    };
    let index = interface.link.index;
    match program.attach_to_if_index(index, XdpMode::Skb) {
        Ok(id) => {
            keep(program, id, index, links)?;
            warn!(
                "{}: the driver does not take the program ({driver}); attached in generic mode, \
                 which is slower",
                interface.name
            );
            Ok(Hook::Generic)
        }
        Err(error) => Err(Error::Attach {
            interface: interface.name.clone(),
            driver,
            generic: cause::chain(&error),
        }),
    }
}

/// By the driver, or as an earlier daemon left it. The inner error is the driver's refusal.
fn attach_driver(
    program: &mut Xdp,
    interface: &Interface,
    links: &Links,
) -> Result<Result<Hook, ProgramError>, Error> {
    if inherit(program, interface, links)? {
        return Ok(Ok(interface.link.xdp.unwrap_or(Hook::Driver)));
    }
    let index = interface.link.index;
    match program.attach_to_if_index(index, XdpMode::Driver) {
        Ok(id) => keep(program, id, index, links).map(|()| Ok(Hook::Driver)),
        Err(error) => Ok(Err(error)),
    }
}

/// Puts `program` into the link that an earlier daemon left; false when there is none.
fn inherit(program: &mut Xdp, interface: &Interface, links: &Links) -> Result<bool, Error> {
    let index = interface.link.index;
    let Some(link) = links.find(XDP, index)? else {
        return Ok(false);
    };
    let link = XdpLink::try_from(link).map_err(|error| links.failed(XDP, index, &error))?;
    match program.attach_to_link(link) {
        Ok(id) => keep(program, id, index, links).map(|()| true),
        // Its interface has gone, and another one has got the index.
        Err(error) if is_dead(&error) => links.remove(XDP, index).map(|()| false),
        Err(error) => Err(links.failed(XDP, index, &error)),
    }
}

/// Pins a link, which the program owned until now.
fn keep(program: &mut Xdp, id: XdpLinkId, index: u32, links: &Links) -> Result<(), Error> {
    let link = program
        .take_link(id)
        .map_err(|error| links.failed(XDP, index, &error))?;
    let link = FdLink::try_from(link).map_err(|error| links.failed(XDP, index, &error))?;
    links.keep(XDP, index, link)
}

/// Fails if `interface` has an XDP program already that is not inherited.
pub fn check_free(interface: &Interface, links: &Links) -> Result<(), Error> {
    let inherited = links.program(XDP, interface.link.index);
    let is_foreign = |id: &u32| inherited != Some(*id);
    if !interface.link.programs.iter().any(is_foreign) {
        return Ok(());
    }
    let describe = |id: &u32| match name_of(*id).as_deref() {
        Some(kernel::XDP_PROGRAM) => format!("another ftp-track's (id {id})"),
        Some(DISPATCHER) => format!("libxdp's dispatcher, with the programs of others (id {id})"),
        Some(name) => format!("{} (id {id})", escape::one_line(name)),
        None => format!("id {id}"),
    };
    let programs: Vec<String> = interface.link.programs.iter().map(describe).collect();
    Err(Error::Occupied {
        interface: interface.name.clone(),
        programs: programs.join(", "),
    })
}

/// The program's name, where the kernel tells: it takes CAP_SYS_ADMIN.
fn name_of(id: u32) -> Option<String> {
    let is_it = |info: &Result<_, ProgramError>| {
        info.as_ref()
            .is_ok_and(|info: &aya::programs::ProgramInfo| info.id() == id)
    };
    let info = loaded_programs().find(is_it)?.ok()?;
    Some(info.name_as_str()?.to_owned())
}
