//! The kernel programs, loaded, attached and with their maps pinned.

use aya::{
    Ebpf,
    maps::{MapData, RingBuf},
    programs::Xdp,
};
use ftp_track_common::layout;
use tracing::info;

use super::{
    Error,
    attachment::{Attachment, check_free},
    interface::Interface,
    requirement,
};
use crate::{
    config::Settings,
    kernel,
    map::{self, Maps, PinDirectory, Pins, Ports},
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
    /// Owns the program and, through it, the links.
    _ebpf: Ebpf,
}

impl Tracker {
    /// Loads the programs, tells them the settings, pins the maps and attaches.
    pub fn start(settings: &Settings, interfaces: &[Interface]) -> Result<(Self, Events), Error> {
        interfaces.iter().try_for_each(check_free)?;
        PinDirectory::check_bpffs()?;
        requirement::check()?;
        // What an earlier tracker left goes first: nobody may take it for this one's.
        let (pins, stale) = Pins::create(PinDirectory::of(&settings.name))?;
        if stale {
            info!("removed the maps that an earlier tracker of that name could not clean up");
        }
        let mut ebpf = Ebpf::load(kernel::OBJECT).map_err(Error::Load)?;
        let loaded = program(&mut ebpf)?.load();
        loaded.map_err(|error| Error::Program {
            name: kernel::XDP_PROGRAM,
            error,
        })?;
        // The sessions come last: whoever finds their pin finds a tracker at work.
        let others = layout::PINNED
            .iter()
            .filter(|name| **name != layout::SESSIONS);
        for name in others {
            pins.add(&ebpf, name)?;
        }
        configure(pins.directory(), settings)?;
        let attachments = attach(program(&mut ebpf)?, interfaces)?;
        pins.add(&ebpf, layout::SESSIONS)?;
        let events = open_events(pins.directory())?;
        let tracker = Self {
            maps: Maps::open(pins.directory())?,
            attachments,
            _pins: pins,
            _ebpf: ebpf,
        };
        Ok((tracker, events))
    }
}

fn configure(pins: &PinDirectory, settings: &Settings) -> Result<(), map::Error> {
    map::Settings::open(pins)?.set(&settings.in_kernel())?;
    Ports::open(pins)?.set(&settings.control_ports, &settings.allow_ports)
}

fn attach(program: &mut Xdp, interfaces: &[Interface]) -> Result<Vec<Attachment>, Error> {
    let attach = |interface| Attachment::make(program, interface);
    interfaces.iter().map(attach).collect()
}

fn open_events(pins: &PinDirectory) -> Result<Events, map::Error> {
    let name = layout::EVENTS;
    RingBuf::try_from(pins.open(name)?).map_err(|source| map::Error::Refused { name, source })
}

fn program(ebpf: &mut Ebpf) -> Result<&mut Xdp, Error> {
    let name = kernel::XDP_PROGRAM;
    let program = ebpf.program_mut(name).ok_or(map::Error::Missing { name })?;
    program
        .try_into()
        .map_err(|error| Error::Program { name, error })
}
