//! The door by which a packet comes: what its interface's slot says of it.

use ftp_track_common::interface::{INGRESS, Interface, LAYER3, LOCAL, PARTIAL, TCP_ONLY};

use crate::{frame::Frame, map::INTERFACES, skb::SkbFrame};

/// What the packet's interface and hook say of it.
#[derive(Clone, Copy)]
pub struct Door {
    /// By which interface it came in, or [`LOCAL`].
    pub interface: u32,
    /// The conntrack zone that it is in.
    pub zone: u32,
    /// It has no Ethernet header.
    pub layer3: bool,
    /// Its checksum may be that of the pseudo header alone.
    pub partial: bool,
    /// It may be dropped.
    pub enforces: bool,
    /// It is dropped unless it is TCP or ICMP.
    pub tcp_only: bool,
    /// See [`Interface::lists`].
    pub lists: [u8; 2],
    /// Something depends on whether it is admitted.
    pub admits: bool,
    /// It is forwarded past the firewall if its data connection was admitted.
    pub bypasses: bool,
    /// If it opens an expected connection, it gets an entry in the kernel's conntrack.
    pub makes_entries: bool,
    /// It is on its way out: it is tracked, and nothing else.
    pub outgoing: bool,
}

impl Door {
    /// No door: the packet begins with IP, and nothing is done with it.
    #[inline(always)]
    pub fn asked(interface: u32, zone: u32) -> Self {
        Self {
            interface,
            zone,
            layer3: true,
            partial: false,
            enforces: false,
            tcp_only: false,
            lists: [0; 2],
            admits: false,
            bypasses: false,
            makes_entries: false,
            outgoing: false,
        }
    }

    /// The door of a packet that comes in by a named interface. False when it is none.
    ///
    /// Written in place: as a value it would be on the stack below everything else.
    #[inline(always)]
    pub fn incoming<F: Frame>(frame: F, door: &mut Self) -> bool {
        let Some(interface) = of(frame.interface()) else {
            return false;
        };
        door.interface = interface.identity;
        door.zone = interface.zone as u32;
        door.layer3 = interface.has(LAYER3);
        door.partial = interface.has(PARTIAL) || frame.is_merged();
        door.enforces = interface.enforces();
        door.tcp_only = interface.enforces() && interface.has(TCP_ONLY);
        door.lists = interface.lists;
        door.admits = interface.admits();
        door.bypasses = interface.bypasses();
        door.makes_entries = interface.makes_entries();
        door.outgoing = false;
        true
    }

    /// The door of a packet that leaves by a named interface and [was not seen](was_seen) before.
    ///
    /// What this machine makes has no interface it came by (`skb_iif` is 0), and no checksum yet.
    ///
    /// Answers come in by the interface by which it leaves, and conntrack knows them only if they are
    /// in the zone of what they answer: so it is in the zone of that interface, however it came.
    #[inline(always)]
    pub fn outgoing(frame: SkbFrame, door: &mut Self) -> bool {
        let Some(own) = of(frame.interface()) else {
            return false;
        };
        let index = frame.came_by();
        let (interface, partial) = if index == 0 {
            (LOCAL, true)
        } else {
            match of(index) {
                Some(interface) => (interface.identity, interface.has(PARTIAL)),
                None => (index, false),
            }
        };
        door.interface = interface;
        door.zone = own.zone as u32;
        door.layer3 = own.has(LAYER3);
        door.partial = partial || frame.is_merged();
        door.enforces = false;
        door.tcp_only = false;
        door.lists = [0; 2];
        door.admits = false;
        door.bypasses = false;
        door.makes_entries = false;
        door.outgoing = true;
        true
    }
}

/// The slot of an interface, if the daemon has written it.
#[inline(always)]
pub fn of(index: u32) -> Option<&'static Interface> {
    let interface = INTERFACES.get(Interface::slot(index))?;
    (interface.index == index).then_some(interface)
}

/// Whether a packet that leaves came in by an interface with a door of its own.
#[inline(always)]
pub fn was_seen(frame: SkbFrame) -> bool {
    let index = frame.came_by();
    index != 0 && of(index).is_some_and(|interface| interface.has(INGRESS))
}
