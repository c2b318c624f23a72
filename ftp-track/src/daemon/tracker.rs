//! The kernel programs, loaded, attached and pinned with their maps.

mod upkeep;

use std::{collections::HashMap, fmt, fs};

use aya::{
    Ebpf, EbpfLoader,
    maps::{MapData, RingBuf},
};
use ftp_track_common::{config::Config, layout, policy, rule::Rule};
use tracing::{info, warn};

use super::{
    Error,
    attachment::{Attachment, XDP, check_free, is_xdp},
    inheritance::Inheritance,
    interface::{self, Interface},
    link::Link,
    mode::Conntrack,
    pinned::{Links, clear},
    programs::Programs,
    requirement,
    slot::{self, Treatment},
    tc,
};
use crate::{
    config::{InterfaceName, Settings},
    kernel,
    map::{self, Interfaces, Maps, PinDirectory, Ports},
};

/// The records that the programs write.
pub type Events = RingBuf<MapData>;

/// What becomes of programs, links and maps when the daemon ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// They stay, at work, for the next daemon.
    Keep,
    /// They go.
    Remove,
}

impl Ending {
    /// What the settings say.
    pub fn of(settings: &Settings) -> Self {
        if settings.keep {
            Self::Keep
        } else {
            Self::Remove
        }
    }
}

/// That an interface is not tracked as the settings ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The interface.
    pub interface: InterfaceName,
    /// What hinders.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interface, reason } = self;
        write!(
            formatter,
            "{interface} is not tracked as they ask: {reason}"
        )
    }
}

/// The kernel programs at work.
pub struct Tracker {
    /// Their maps.
    pub maps: Maps,
    /// Where they are attached.
    pub attachments: Vec<Attachment>,
    /// Where they are not attached as the settings ask, though the interface exists.
    pub refusals: Vec<Refusal>,
    /// What becomes of them when this is dropped.
    pub ending: Ending,
    pins: PinDirectory,
    pinned: Links,
    ebpf: Ebpf,
    conntrack: Conntrack,
}

impl Tracker {
    /// Loads the programs, tells them the settings, attaches and pins; or takes over what an
    /// earlier daemon left, without a moment between its programs and ours.
    ///
    /// `links` are all interfaces of this network namespace. With `replace`, what another build
    /// left is replaced, and what it knew is forgotten.
    pub fn start(
        settings: &Settings,
        links: &[Link],
        replace: bool,
    ) -> Result<(Self, Events), Error> {
        PinDirectory::check_bpffs()?;
        requirement::check()?;
        let inheritance = Inheritance::look(&settings.name, settings.rooms, replace)?;
        match Self::build(settings, links, &inheritance) {
            Ok(built) => {
                if inheritance.maps {
                    info!("took over the sessions, expectations and flows of an earlier tracker");
                } else if inheritance.is_some() {
                    warn!("replaced an earlier tracker's programs; what it knew is forgotten");
                }
                inheritance.accept()?;
                Ok(built)
            }
            Err(error) => {
                inheritance.decline();
                Err(error)
            }
        }
    }

    fn build(
        settings: &Settings,
        links: &[Link],
        inheritance: &Inheritance,
    ) -> Result<(Self, Events), Error> {
        let interfaces = interface::find(&settings.interfaces, links, true)?;
        slot::check(&interfaces)?;
        let pinned = Links::new(inheritance)?;
        for interface in &interfaces {
            if is_xdp(interface, settings) {
                check_free(interface, &pinned)?;
            }
        }
        let pins = &inheritance.own;
        pins.create()?;
        pinned.adopt_notes()?;
        let mut ebpf = load(inheritance, settings)?;
        // Beside the old ones: if we are cut off, links may hold either.
        let suffix = format!("-{}", std::process::id());
        let all: Vec<&Interface> = interfaces.iter().collect();
        Programs(&mut ebpf).load(&all, settings, pins, &suffix)?;
        let mut conntrack = Conntrack::look();
        conntrack.prepare(&ebpf, settings)?;
        if !inheritance.maps {
            // The sessions come last: whoever finds their pin finds a tracker at work.
            let others = layout::PINNED
                .iter()
                .filter(|name| **name != layout::SESSIONS);
            for name in others {
                pins.add(&ebpf, name)?;
            }
        }
        let attached = attach(&mut ebpf, settings, &interfaces, &pinned, inheritance);
        let attachments = match attached {
            Ok(attachments) => attachments,
            Err(error) => {
                for name in kernel::PROGRAMS {
                    _ = fs::remove_file(pins.program(&format!("{name}{suffix}")));
                }
                return Err(error);
            }
        };
        let mut ours = Vec::new();
        for name in kernel::PROGRAMS {
            if pins.rename_program(&format!("{name}{suffix}"), name)? {
                ours.push(*name);
            }
        }
        pins.retain_programs(&ours)?;
        if !inheritance.maps {
            pins.add(&ebpf, layout::SESSIONS)?;
        }
        let tracker = Self {
            maps: Maps::open(pins)?,
            attachments,
            refusals: Vec::new(),
            ending: Ending::of(settings),
            pins: pins.clone(),
            pinned,
            ebpf,
            conntrack,
        };
        tracker.tell_slots(settings, links)?;
        tracker.release();
        let events = open_events(pins)?;
        Ok((tracker, events))
    }

    /// Lets go of links on interfaces that are not watched.
    fn release(&self) {
        let used: Vec<(&str, u32)> = self.attachments.iter().flat_map(Attachment::pins).collect();
        self.pinned.retain(&used);
    }

    fn tell_slots(&self, settings: &Settings, links: &[Link]) -> Result<(), Error> {
        let slots = slot::slots(
            links,
            &self.attachments,
            |name| Treatment {
                mode: settings.mode_of(name).in_kernel(),
                list: settings.list_of(name),
                tcp_only: settings.is_tcp_only(name),
                zone: settings.zone_of(name),
            },
            settings.mark,
        );
        Ok(Interfaces::open(&self.pins)?.set(&slots)?)
    }

    /// Puts other settings in force.
    pub fn configure(&mut self, settings: &Settings) -> Result<(), Error> {
        self.conntrack.prepare(&self.ebpf, settings)?;
        let attachments = self.attachments.iter();
        let named = attachments.map(|attachment| (attachment.index, &attachment.interface));
        Ok(configure(&self.pins, settings, &named.collect())?)
    }

    /// Detaches the programs and removes everything.
    pub fn remove(&mut self) -> Result<(), Error> {
        clear(&self.pins)
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        if self.ending == Ending::Keep {
            return;
        }
        if let Err(error) = self.remove() {
            warn!("the pins cannot be removed: {error}");
        }
    }
}

fn load(inheritance: &Inheritance, settings: &Settings) -> Result<Ebpf, Error> {
    let mut loader = EbpfLoader::new();
    for (name, entries) in settings.rooms.of_maps() {
        loader.map_max_entries(name, entries);
    }
    let seats = settings.rooms.seats();
    loader.override_global(layout::SEAT_COUNT, &seats, true);
    if inheritance.maps {
        for name in layout::PINNED {
            loader.map_pin_path(name, inheritance.own.map(name));
        }
    }
    loader.load(kernel::OBJECT).map_err(Error::Load)
}

/// New interfaces come first: if one of them fails, nothing has been replaced.
fn attach(
    ebpf: &mut Ebpf,
    settings: &Settings,
    interfaces: &[Interface],
    links: &Links,
    inheritance: &Inheritance,
) -> Result<Vec<Attachment>, Error> {
    let pins = &inheritance.own;
    let named = interfaces.iter();
    let named = named.map(|interface| (interface.link.index, &interface.name));
    let named = named.collect();
    if !inheritance.maps {
        configure(pins, settings, &named)?;
    }
    let is_old = |interface: &&Interface| links.has(interface.link.index);
    let (old, new): (Vec<_>, Vec<_>) = interfaces.iter().partition(is_old);
    let mut make =
        |interface: &Interface| Attachment::make(&mut Programs(ebpf), links, interface, settings);
    let mut attachments: Vec<Attachment> = Vec::new();
    for interface in &new {
        match make(interface) {
            Ok(attachment) => attachments.push(attachment),
            Err(error) => {
                for interface in &new {
                    for hook in [XDP, tc::INGRESS, tc::EGRESS] {
                        links.remove(hook, interface.link.index)?;
                    }
                }
                return Err(error);
            }
        }
    }
    if inheritance.maps {
        configure(pins, settings, &named)?;
    }
    for interface in old {
        attachments.push(make(interface)?);
    }
    let place = |attachment: &Attachment| {
        let is_it = |interface: &Interface| interface.link.index == attachment.index;
        interfaces.iter().position(is_it)
    };
    attachments.sort_by_key(place);
    Ok(attachments)
}

/// `named` are the interfaces that are watched, by their index.
fn configure(
    pins: &PinDirectory,
    settings: &Settings,
    named: &HashMap<u32, &InterfaceName>,
) -> Result<(), map::Error> {
    let mut in_force = map::Settings::open(pins)?;
    let rules = settings.policy.rules();
    let before = in_force.get()?;
    let config = Config {
        generation: policy::next_generation(before.generation),
        rules: rules.len() as u32,
        third_hosts: rules.iter().any(Rule::has_third_hosts).into(),
        control: Config::union(&settings.control_ports),
        ..Config::default()
    };
    // All at once: the settings say which rules and ports are in force.
    map::Rules::open(pins)?.write(config.generation, rules)?;
    let lists = settings.port_lists();
    Ports::open(pins)?.write(config.generation, &settings.control_ports, &lists)?;
    let list = |index| named.get(&index).map(|name| settings.list_of(name));
    Interfaces::open(pins)?.choose_lists(config.generation, list)?;
    // A packet may find the old half of what is being written, so what the new ports add comes first.
    in_force.set(&Config {
        control: before.control | config.control,
        ..before
    })?;
    in_force.set(&config)
}

fn open_events(pins: &PinDirectory) -> Result<Events, map::Error> {
    let name = layout::EVENTS;
    RingBuf::try_from(pins.open(name)?).map_err(|source| map::Error::Refused { name, source })
}
