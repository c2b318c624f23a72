//! The rules of the policy in force, and of the one before it or after it.

use aya::maps::{Array, MapData, MapError};
use ftp_track_common::{
    config::Config,
    layout,
    policy::{self, Binding, NOWHERE},
    rule::Rule,
};

use super::{Error, PinDirectory, size};

/// The map of rules.
pub struct Rules {
    map: Array<MapData, [u8; size::<Rule>()]>,
}

impl Rules {
    /// Opens [`layout::RULES`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        let map = pins.open(layout::RULES)?;
        let map = Array::try_from(map).map_err(refused)?;
        Ok(Self { map })
    }

    /// Writes the rules of a policy, in the order in which they are tried, where the policy of
    /// `generation` has its place. The settings put them in force.
    pub fn write(&mut self, generation: u32, rules: &[Rule]) -> Result<(), Error> {
        for place in 0..=NOWHERE {
            let rule = match rules.get(usize::from(place)) {
                Some(rule) if place != NOWHERE => *rule,
                _ => Rule::default(),
            };
            let value: [u8; size::<Rule>()] = bytemuck::cast(rule);
            let slot = policy::slot(generation, u32::from(place));
            self.map.set(slot, value, 0).map_err(refused)?;
        }
        Ok(())
    }

    /// The rules of the policy that `config` puts in force.
    pub fn in_force(&self, config: &Config) -> Result<Vec<Rule>, Error> {
        let slots = (0..config.rules).map(|place| policy::slot(config.generation, place));
        slots.map(|slot| self.at(slot)).collect()
    }

    /// The rule that something is under; `None` when its policy is older than the one before the
    /// one that `config` puts in force.
    pub fn of(&self, binding: Binding, config: &Config) -> Result<Option<Rule>, Error> {
        let is_known = binding.is_of(config.generation)
            || policy::next_generation(binding.generation()) == config.generation;
        if binding == Binding::default() || binding.place() == NOWHERE || !is_known {
            return Ok(None);
        }
        self.at(binding.slot()).map(Some)
    }

    fn at(&self, slot: u32) -> Result<Rule, Error> {
        Ok(bytemuck::cast(self.map.get(&slot, 0).map_err(refused)?))
    }
}

fn refused(source: MapError) -> Error {
    let name = layout::RULES;
    Error::Refused { name, source }
}
