//! What the kernel programs count.

use aya::maps::{MapData, MapError, PerCpuArray, PerCpuValues};
use ftp_track_common::{layout, reason::Reason};

use super::{Error, PinDirectory};

/// How often each [`Reason`] came up.
pub struct Counters {
    map: PerCpuArray<MapData, u64>,
}

impl Counters {
    /// Opens [`layout::COUNTERS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        Ok(Self {
            map: open(pins, layout::COUNTERS)?,
        })
    }

    /// How often `reason` came up, over all CPUs.
    pub fn get(&self, reason: Reason) -> Result<u64, Error> {
        sum(&self.map, layout::COUNTERS, reason.slot())
    }

    /// Counts `count` more of a reason that only user space counts.
    pub fn add(&mut self, reason: Reason, count: u64) -> Result<(), Error> {
        let refused = |source: MapError| Error::Refused {
            name: layout::COUNTERS,
            source,
        };
        let index = reason.slot();
        let mut values = self.map.get(&index, 0).map_err(refused)?.to_vec();
        if let Some(first) = values.first_mut() {
            *first = first.wrapping_add(count);
        }
        let values = PerCpuValues::try_from(values).map_err(|error| refused(error.into()))?;
        self.map.set(index, values, 0).map_err(refused)
    }
}

/// Events that found the ring buffer full.
pub struct LostEvents {
    map: PerCpuArray<MapData, u64>,
}

impl LostEvents {
    /// Opens [`layout::LOST_EVENTS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        Ok(Self {
            map: open(pins, layout::LOST_EVENTS)?,
        })
    }

    /// How many were lost since the programs were loaded.
    pub fn get(&self) -> Result<u64, Error> {
        sum(&self.map, layout::LOST_EVENTS, 0)
    }
}

fn open(pins: &PinDirectory, name: &'static str) -> Result<PerCpuArray<MapData, u64>, Error> {
    let map = pins.open(name)?;
    PerCpuArray::try_from(map).map_err(|source| Error::Refused { name, source })
}

fn sum(map: &PerCpuArray<MapData, u64>, name: &'static str, index: u32) -> Result<u64, Error> {
    let refused = |source: MapError| Error::Refused { name, source };
    let values = map.get(&index, 0).map_err(refused)?;
    Ok(values.iter().copied().fold(0, u64::wrapping_add))
}
