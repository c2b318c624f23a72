//! What the daemon would decide.

use aya::maps::{Array, MapData};
use ftp_track_common::{
    config::{Config, Mode, PORT_SETS, PORT_SLOTS, PortSet},
    interface::{Interface, SLOTS},
    policy,
    rule::Rule,
};

use super::{Tracker, size};

/// Ports on which control connections arrive.
pub const CONTROL_PORTS: [u16; 2] = [21, 2121];
/// A port to which new connections are allowed by the second list alone.
pub const OTHER_ALLOWED_PORT: u16 = 9443;
/// A port to which new connections are allowed by the first list, that of every interface.
pub const ALLOWED_PORT: u16 = 8443;

impl Tracker {
    /// Tells the programs about an interface.
    pub fn set_interface(&mut self, mode: Mode, index: u32, flags: u8) {
        let mut slot = Interface::new(index, mode);
        slot.flags = flags;
        self.set_slot(&slot);
    }

    /// Sets flags of an interface.
    pub fn add_flags(&mut self, index: u32, flags: u8) {
        let mut slot = self.slot(index);
        slot.flags |= flags;
        self.set_slot(&slot);
    }

    /// What the programs know of an interface.
    pub fn slot(&self, index: u32) -> Interface {
        let value = self.interfaces.get(&(index % SLOTS), 0).expect("a place");
        bytemuck::cast(value)
    }

    /// Writes the slot of an interface.
    pub fn set_slot(&mut self, slot: &Interface) {
        self.place(slot.index, slot);
    }

    /// Writes a slot where that of the interface `index` is.
    pub fn place(&mut self, index: u32, slot: &Interface) {
        let value: [u8; size::<Interface>()] = bytemuck::cast(*slot);
        self.interfaces
            .set(index % SLOTS, value, 0)
            .expect("a place");
    }

    /// Puts these rules in force, as a policy of their own.
    pub fn configure(&mut self, rules: &[Rule]) {
        let before: Config = bytemuck::cast(self.settings.get(&0, 0).expect("index 0"));
        let generation = policy::next_generation(before.generation);
        for (place, rule) in (0..).zip(rules) {
            let value: [u8; size::<Rule>()] = bytemuck::cast(*rule);
            let slot = policy::slot(generation, place);
            self.rules.set(slot, value, 0).expect("a slot");
        }
        let config = Config {
            generation,
            rules: rules.len() as u32,
            third_hosts: rules.iter().any(Rule::has_third_hosts).into(),
            control: Config::union(&CONTROL_PORTS),
            ..Config::default()
        };
        let value: [u8; size::<Config>()] = bytemuck::cast(config);
        self.settings.set(0, value, 0).expect("index 0");
    }

    /// The generation of the policy in force.
    pub fn generation(&self) -> u32 {
        let config: Config = bytemuck::cast(self.settings.get(&0, 0).expect("index 0"));
        config.generation
    }
}

/// The rule that admits everything, for the control ports.
pub fn open() -> Rule {
    let mut rule = Rule::open();
    rule.control_ports[..2].copy_from_slice(&CONTROL_PORTS);
    rule
}

/// Writes the ports.
pub(super) fn set_ports(mut ports: Array<MapData, [u8; size::<PortSet>()]>) {
    for slot in 0..PORT_SLOTS {
        let index = slot % PORT_SETS;
        let mut set = PortSet::default();
        for port in CONTROL_PORTS {
            if PortSet::index(port) == index {
                set.control |= PortSet::bit(port);
            }
        }
        if PortSet::index(ALLOWED_PORT) == index {
            set.allowed[0] |= PortSet::bit(ALLOWED_PORT);
        }
        if PortSet::index(OTHER_ALLOWED_PORT) == index {
            set.allowed[1] |= PortSet::bit(OTHER_ALLOWED_PORT);
        }
        let value: [u8; size::<PortSet>()] = bytemuck::cast(set);
        ports
            .set(slot, value, 0)
            .expect("an index below the capacity");
    }
}
