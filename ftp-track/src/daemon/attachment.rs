//! Attaching the XDP program to interfaces.

use std::fmt;

use aya::programs::{ProgramError, Xdp, XdpMode, loaded_programs, xdp::XdpLinkId};
use tracing::warn;

use super::{Error, interface::Interface};
use crate::{cause, config::InterfaceName, escape, kernel};

/// The program by which libxdp lets several share an interface.
const DISPATCHER: &str = "xdp_dispatcher";

/// How the program is attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HookMode {
    /// By the driver, before the kernel makes a packet of the frame.
    Driver,
    /// By the kernel, for drivers without XDP: works everywhere, and is slower.
    Generic,
}

impl fmt::Display for HookMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Driver => "driver",
            Self::Generic => "generic",
        })
    }
}

/// The program on one interface. The program owns the link; it goes with the process.
#[derive(Debug)]
pub struct Attachment {
    /// The interface.
    pub interface: InterfaceName,
    /// How it is attached.
    pub mode: HookMode,
    _link: XdpLinkId,
}

impl Attachment {
    /// Attaches `program` to `interface`: by the driver, or else by the kernel.
    ///
    /// A driver refuses for many reasons: it has no XDP, or the MTU is larger than a page allows
    /// (ERANGE), or its receive queues are set up otherwise. All of them leave the generic way.
    pub fn make(program: &mut Xdp, interface: &Interface) -> Result<Self, Error> {
        let driver = match program.attach_to_if_index(interface.index, XdpMode::Driver) {
            Ok(link) => return Ok(Self::new(interface, HookMode::Driver, link)),
            Err(error) => cause::chain(&error),
        };
        match program.attach_to_if_index(interface.index, XdpMode::Skb) {
            Ok(link) => {
                warn!(
                    "{}: the driver does not take the program ({driver}); attached in generic \
                     mode, which is slower",
                    interface.name
                );
                Ok(Self::new(interface, HookMode::Generic, link))
            }
            Err(error) => Err(Error::Attach {
                interface: interface.name.clone(),
                driver,
                generic: cause::chain(&error),
            }),
        }
    }

    fn new(interface: &Interface, mode: HookMode, link: XdpLinkId) -> Self {
        Self {
            interface: interface.name.clone(),
            mode,
            _link: link,
        }
    }
}

/// Fails if `interface` has an XDP program already.
pub fn check_free(interface: &Interface) -> Result<(), Error> {
    if interface.programs.is_empty() {
        return Ok(());
    }
    let describe = |id: &u32| match name_of(*id).as_deref() {
        Some(kernel::XDP_PROGRAM) => format!("another ftp-track's (id {id})"),
        Some(DISPATCHER) => format!("libxdp's dispatcher, with the programs of others (id {id})"),
        Some(name) => format!("{} (id {id})", escape::one_line(name)),
        None => format!("id {id}"),
    };
    let programs: Vec<String> = interface.programs.iter().map(describe).collect();
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
