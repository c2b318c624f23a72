//! The kernel programs, loaded, attached and with their maps pinned.

use aya::{
    Ebpf,
    maps::{MapData, RingBuf},
};
use ftp_track_common::layout;
use tracing::info;

use super::{
    Error,
    attachment::{Attachment, check_free, is_xdp},
    interface::Interface,
    link::Link,
    programs::Programs,
    requirement, slot,
    tc::Qdiscs,
};
use crate::{
    config::Settings,
    kernel,
    map::{self, Interfaces, Maps, PinDirectory, Pins, Ports},
};

/// The records that the programs write.
pub type Events = RingBuf<MapData>;

/// The kernel programs at work. Dropping it detaches them and removes the pins.
pub struct Tracker {
    /// Their maps.
    pub maps: Maps,
    /// Where they are attached.
    pub attachments: Vec<Attachment>,
    _pins: Pins,
    /// Owns the programs and, through them, the links.
    _ebpf: Ebpf,
    /// Behind the programs, so that what was made for them goes after them.
    _qdiscs: Qdiscs,
}

impl Tracker {
    /// Loads the programs, tells them the settings, pins the maps and attaches.
    ///
    /// `links` are all interfaces of this network namespace, `interfaces` the named ones.
    pub fn start(
        settings: &Settings,
        interfaces: &[Interface],
        links: &[Link],
    ) -> Result<(Self, Events), Error> {
        let at_xdp = interfaces.iter().filter(|it| is_xdp(it, settings.mode));
        at_xdp.into_iter().try_for_each(check_free)?;
        slot::check(interfaces)?;
        PinDirectory::check_bpffs()?;
        requirement::check()?;
        // What an earlier tracker left goes first: nobody may take it for this one's.
        let (pins, stale) = Pins::create(PinDirectory::of(&settings.name))?;
        if stale {
            info!("removed the maps that an earlier tracker of that name could not clean up");
        }
        let mut ebpf = Ebpf::load(kernel::OBJECT).map_err(Error::Load)?;
        let mut programs = Programs(&mut ebpf);
        programs.load(interfaces, settings.mode)?;
        // The sessions come last: whoever finds their pin finds a tracker at work.
        let others = layout::PINNED
            .iter()
            .filter(|name| **name != layout::SESSIONS);
        for name in others {
            pins.add(&ebpf, name)?;
        }
        configure(pins.directory(), settings)?;
        let mut qdiscs = Qdiscs::new(PinDirectory::names() == [settings.name.clone()]);
        let mut attach = |interface| {
            Attachment::make(
                &mut Programs(&mut ebpf),
                &mut qdiscs,
                interface,
                settings.mode,
            )
        };
        let attachments: Vec<Attachment> = interfaces
            .iter()
            .map(&mut attach)
            .collect::<Result<_, _>>()?;
        let slots = slot::slots(
            links,
            &attachments,
            settings.mode.in_kernel(),
            settings.mark,
        );
        Interfaces::open(pins.directory())?.set(&slots)?;
        pins.add(&ebpf, layout::SESSIONS)?;
        let events = open_events(pins.directory())?;
        let tracker = Self {
            maps: Maps::open(pins.directory())?,
            attachments,
            _pins: pins,
            _ebpf: ebpf,
            _qdiscs: qdiscs,
        };
        Ok((tracker, events))
    }
}

fn configure(pins: &PinDirectory, settings: &Settings) -> Result<(), map::Error> {
    map::Settings::open(pins)?.set(&settings.in_kernel())?;
    Ports::open(pins)?.set(&settings.control_ports, &settings.allow_ports)
}

fn open_events(pins: &PinDirectory) -> Result<Events, map::Error> {
    let name = layout::EVENTS;
    RingBuf::try_from(pins.open(name)?).map_err(|source| map::Error::Refused { name, source })
}
