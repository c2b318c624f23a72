//! Admitted data connections: the map, and the seats where most of their packets are counted.

use ftp_track_common::{flow::Flow, layout, tuple::FlowKey};

use super::{Error, Hash, PinDirectory, Walk, seats::Seats, size};

/// Admitted data connections.
pub struct Flows {
    map: Hash<FlowKey, Flow, { size::<FlowKey>() }, { size::<Flow>() }>,
    seats: Seats,
}

impl Flows {
    /// Opens [`layout::FLOWS`] and [`layout::SEATS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        Ok(Self {
            map: Hash::open(pins, layout::FLOWS)?,
            seats: Seats::open(pins)?,
        })
    }

    /// How many there can be.
    pub fn capacity(&self) -> usize {
        self.map.capacity()
    }

    /// How many there are at this moment.
    pub fn len(&self) -> Result<usize, Error> {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.map.is_empty()
    }

    /// The flow with this key.
    pub fn get(&self, key: &FlowKey) -> Result<Option<Flow>, Error> {
        let flow = self.map.get(key)?;
        flow.map(|flow| self.whole(key, flow)).transpose()
    }

    /// All of them, as [`Hash::entries`].
    pub fn entries(&self) -> impl Iterator<Item = Result<(FlowKey, Flow), Error>> {
        self.map.entries().map(|entry| {
            let (key, flow) = entry?;
            Ok((key, self.whole(&key, flow)?))
        })
    }

    /// The next of a walk through all, as [`Hash::next`], without what their seats have seen and counted.
    pub fn next(
        &self,
        walk: &mut Walk<{ size::<FlowKey>() }, { size::<Flow>() }>,
    ) -> Result<Option<Vec<(FlowKey, Flow)>>, Error> {
        self.map.next(walk)
    }

    /// Puts a flow in, as if the kernel programs had admitted it.
    pub fn insert(&mut self, key: &FlowKey, flow: &Flow) -> Result<(), Error> {
        self.seats.enter(key)?;
        self.map.insert(key, flow)
    }

    /// Puts a flow, as [`Self::next`] gave it and changed since, in the place of what it was; false if it is
    /// gone.
    pub fn replace(&mut self, key: &FlowKey, flow: &Flow) -> Result<bool, Error> {
        let replaced = self.map.replace(key, flow)?;
        self.seats.stand(key)?;
        Ok(replaced)
    }

    /// Removes a flow; true if it was there.
    pub fn remove(&mut self, key: &FlowKey) -> Result<bool, Error> {
        let removed = self.map.remove(key)?;
        if removed {
            self.seats.leave(key)?;
        }
        Ok(removed)
    }

    fn whole(&self, key: &FlowKey, mut flow: Flow) -> Result<Flow, Error> {
        if let Some(seat) = self.seats.of(key)? {
            seat.add_to(&mut flow);
        }
        Ok(flow)
    }
}
