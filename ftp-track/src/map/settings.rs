//! What the daemon tells the kernel programs.

use aya::maps::{Array, MapData};
use ftp_track_common::{
    config::{Config, PORT_SETS, PortSet},
    interface::{Interface, SLOTS},
    layout,
};

use super::{Error, PinDirectory, size};

/// The settings in force.
pub struct Settings {
    map: Array<MapData, [u8; size::<Config>()]>,
}

impl Settings {
    /// Opens [`layout::SETTINGS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        let map = open(pins, layout::SETTINGS)?;
        Ok(Self { map })
    }

    /// Reads them.
    pub fn get(&self) -> Result<Config, Error> {
        let value = self.map.get(&0, 0).map_err(|source| Error::Refused {
            name: layout::SETTINGS,
            source,
        })?;
        Ok(bytemuck::cast(value))
    }

    /// Puts others in force.
    pub fn set(&mut self, config: &Config) -> Result<(), Error> {
        let value: [u8; size::<Config>()] = bytemuck::cast(*config);
        self.map.set(0, value, 0).map_err(|source| Error::Refused {
            name: layout::SETTINGS,
            source,
        })
    }
}

/// The control ports and the allowed ports.
pub struct Ports {
    map: Array<MapData, [u8; size::<PortSet>()]>,
}

impl Ports {
    /// Opens [`layout::PORTS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        let map = open(pins, layout::PORTS)?;
        Ok(Self { map })
    }

    /// The ports in the policy of `generation`: control, and allowed by any list.
    pub fn get(&self, generation: u32) -> Result<(Vec<u16>, Vec<u16>), Error> {
        let (mut control, mut allowed) = (Vec::new(), Vec::new());
        for index in 0..PORT_SETS {
            let slot = PortSet::slot(generation, index);
            let value = self.map.get(&slot, 0).map_err(|source| Error::Refused {
                name: layout::PORTS,
                source,
            })?;
            let set: PortSet = bytemuck::cast(value);
            let any = set.allowed.iter().fold(0, |any, list| any | list);
            for port in (0..=63).map(|bit| (index * 64 + bit) as u16) {
                if set.control & PortSet::bit(port) != 0 {
                    control.push(port);
                }
                if any & PortSet::bit(port) != 0 {
                    allowed.push(port);
                }
            }
        }
        Ok((control, allowed))
    }

    /// Writes the ports where the policy of `generation` has its place. The settings put them in
    /// force. `allowed` are lists, as many as a set holds or fewer.
    pub fn write(
        &mut self,
        generation: u32,
        control: &[u16],
        allowed: &[&[u16]],
    ) -> Result<(), Error> {
        for (index, set) in (0..).zip(port_sets(control, allowed)) {
            let value: [u8; size::<PortSet>()] = bytemuck::cast(set);
            self.map
                .set(PortSet::slot(generation, index), value, 0)
                .map_err(|source| Error::Refused {
                    name: layout::PORTS,
                    source,
                })?;
        }
        Ok(())
    }
}

/// What the programs know of interfaces.
pub struct Interfaces {
    map: Array<MapData, [u8; size::<Interface>()]>,
}

impl Interfaces {
    /// Opens [`layout::INTERFACES`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        let map = open(pins, layout::INTERFACES)?;
        Ok(Self { map })
    }

    /// The slots that are taken.
    pub fn get(&self) -> Result<Vec<Interface>, Error> {
        let mut slots = Vec::new();
        for index in 0..SLOTS {
            let value = self.map.get(&index, 0).map_err(|source| Error::Refused {
                name: layout::INTERFACES,
                source,
            })?;
            let slot: Interface = bytemuck::cast(value);
            if slot.index != 0 {
                slots.push(slot);
            }
        }
        Ok(slots)
    }

    /// Says which list of allowed ports counts from the policy of `generation` on: that which `list`
    /// gives for an interface's index, the general one where it gives none.
    pub fn choose_lists(
        &mut self,
        generation: u32,
        list: impl Fn(u32) -> Option<u8>,
    ) -> Result<(), Error> {
        for mut slot in self.get()? {
            let [even, odd] = &mut slot.lists;
            let place = if generation & 1 == 0 { even } else { odd };
            // Of a bond's parts, the bond is named.
            let own = list(slot.index).or_else(|| list(slot.identity));
            *place = own.unwrap_or_default();
            let value: [u8; size::<Interface>()] = bytemuck::cast(slot);
            self.map
                .set(Interface::slot(slot.index), value, 0)
                .map_err(|source| Error::Refused {
                    name: layout::INTERFACES,
                    source,
                })?;
        }
        Ok(())
    }

    /// Puts exactly these slots in force; of two in one place the later one.
    pub fn set(&mut self, slots: &[Interface]) -> Result<(), Error> {
        for index in 0..SLOTS {
            let here = |slot: &&Interface| Interface::slot(slot.index) == index;
            let slot = slots.iter().rfind(here).copied().unwrap_or_default();
            let value: [u8; size::<Interface>()] = bytemuck::cast(slot);
            self.map
                .set(index, value, 0)
                .map_err(|source| Error::Refused {
                    name: layout::INTERFACES,
                    source,
                })?;
        }
        Ok(())
    }
}

fn port_sets(control: &[u16], allowed: &[&[u16]]) -> Vec<PortSet> {
    let mut sets = vec![PortSet::default(); PORT_SETS as usize];
    for &port in control {
        sets[PortSet::index(port) as usize].control |= PortSet::bit(port);
    }
    for (list, ports) in allowed.iter().enumerate() {
        for &port in *ports {
            if let Some(bits) = sets[PortSet::index(port) as usize].allowed.get_mut(list) {
                *bits |= PortSet::bit(port);
            }
        }
    }
    sets
}

/// Opens an array whose values have so many bytes.
pub(super) fn open<const VALUE: usize>(
    pins: &PinDirectory,
    name: &'static str,
) -> Result<Array<MapData, [u8; VALUE]>, Error> {
    let map = pins.open(name)?;
    Array::try_from(map).map_err(|source| Error::Refused { name, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_has_its_bit() {
        let sets = port_sets(&[21, 2121, 65535], &[&[22, 0], &[80]]);
        let is_control =
            |port| sets[PortSet::index(port) as usize].control & PortSet::bit(port) != 0;
        let is_allowed = |port, list: usize| {
            sets[PortSet::index(port) as usize].allowed[list] & PortSet::bit(port) != 0
        };
        let control: Vec<u16> = (0..=u16::MAX).filter(|port| is_control(*port)).collect();
        let allowed = |list| -> Vec<u16> {
            let ports = 0..=u16::MAX;
            ports.filter(|port| is_allowed(*port, list)).collect()
        };
        assert_eq!(control, [21, 2121, 65535]);
        assert_eq!(allowed(0), [0, 22]);
        assert_eq!(allowed(1), [80]);
        assert_eq!(allowed(2), [0; 0]);
    }
}
