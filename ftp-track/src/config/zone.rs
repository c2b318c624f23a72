//! Conntrack zones.

use std::num::NonZeroU16;

/// A conntrack zone that is not the default one: 1 to 65535.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone(NonZeroU16);

impl Zone {
    /// Its number.
    pub fn number(self) -> u16 {
        self.0.get()
    }
}

/// The number is none of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0} is no conntrack zone: zones are 1 to 65535; without `zone` it is the default one, which is 0"
)]
pub struct InvalidZone(pub i128);

impl TryFrom<i128> for Zone {
    type Error = InvalidZone;

    fn try_from(number: i128) -> Result<Self, InvalidZone> {
        let zone = u16::try_from(number).ok().and_then(NonZeroU16::new);
        zone.map(Self).ok_or(InvalidZone(number))
    }
}
