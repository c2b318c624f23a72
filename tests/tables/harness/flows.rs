//! Admitted data connections, with what their seats have seen and counted.

use aya::{
    Ebpf,
    maps::{Array, MapData},
};
use ftp_track_common::{ends::Ends, flow::Flow, layout, seat::Seat, tuple::FlowKey};

use super::map::{Table, take};

const fn size<T>() -> usize {
    size_of::<T>()
}

/// Admitted data connections.
pub struct Flows {
    map: Table<FlowKey, Flow, { size::<FlowKey>() }, { size::<Flow>() }>,
    seats: Array<MapData, [u8; size::<Seat>()]>,
}

impl Flows {
    /// Takes both maps out of the object.
    pub fn take(ebpf: &mut Ebpf) -> Self {
        Self {
            map: Table::take(ebpf, layout::FLOWS, 0),
            seats: Array::try_from(take(ebpf, layout::SEATS)).expect("an array"),
        }
    }

    /// The number of the seat that a flow leads to.
    pub fn place(&self, key: &FlowKey) -> u32 {
        Ends::from(*key).place(self.seats.len())
    }

    /// The seat that a flow leads to, whoever sits there.
    pub fn seat(&self, key: &FlowKey) -> Seat {
        let place = self.place(key);
        bytemuck::cast(self.seats.get(&place, 0).expect("a place"))
    }

    /// Writes the seat that a flow leads to.
    pub fn set_seat(&mut self, key: &FlowKey, seat: &Seat) {
        let place = self.place(key);
        let value: [u8; size::<Seat>()] = bytemuck::cast(*seat);
        self.seats.set(place, value, 0).expect("a place");
    }

    /// The flow with this key.
    pub fn get(&self, key: &FlowKey) -> Option<Flow> {
        let flow = self.map.get(key)?;
        Some(self.whole(key, flow))
    }

    fn whole(&self, key: &FlowKey, mut flow: Flow) -> Flow {
        let seat = self.seat(key);
        if seat.is_of(&(*key).into()) {
            seat.add_to(&mut flow);
        }
        flow
    }

    /// Puts a flow in the place of what it was, with all that is known of it: its next segment gets a closer
    /// look.
    pub fn insert(&mut self, key: &FlowKey, flow: &Flow) {
        self.map.insert(key, flow);
        let mut seat = self.seat(key);
        if seat.is_of(&(*key).into()) {
            empty(&mut seat);
            self.set_seat(key, &seat);
        }
    }

    /// Puts a new flow in, as the programs do.
    pub fn enter(&mut self, key: &FlowKey, flow: &Flow) {
        let mut seat = self.seat(key);
        seat.flows += 1;
        self.set_seat(key, &seat);
        self.map.insert(key, flow);
    }

    /// Removes a flow, as the programs do.
    pub fn remove(&mut self, key: &FlowKey) {
        self.map.remove(key);
        let mut seat = self.seat(key);
        if seat.is_of(&(*key).into()) {
            empty(&mut seat);
            seat.taken = 0;
        }
        seat.flows -= 1;
        self.set_seat(key, &seat);
    }

    /// Removes a flow from its map alone, as somebody does who knows nothing of seats.
    pub fn tear_out(&mut self, key: &FlowKey) {
        self.map.remove(key);
    }

    /// All of them.
    pub fn entries(&self) -> Vec<(FlowKey, Flow)> {
        let entries = self.map.entries().into_iter();
        entries
            .map(|(key, flow)| (key, self.whole(&key, flow)))
            .collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.map.count()
    }

    /// Takes all of them out, and clears all seats.
    pub fn clear(&mut self) {
        self.map.clear();
        for place in 0..self.seats.len() {
            let empty = [0; size::<Seat>()];
            self.seats.set(place, empty, 0).expect("a place");
        }
    }
}

fn empty(seat: &mut Seat) {
    (seat.tick, seat.seen, seat.until) = (0, 0, 0);
    seat.tallies = Default::default();
}
