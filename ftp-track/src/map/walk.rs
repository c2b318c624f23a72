//! A walk through a kernel hash map, some entries at a time.

use std::io;

use aya::maps::{HashMap, MapData};

use crate::syscall::{self, Place};

/// Bytes of keys and values that are read at once, and so about what a walk holds.
const ROOM: usize = 64 * 1024;

/// A walk through a kernel hash map. It goes from bucket to bucket, so that it comes to an end however
/// many entries come and go meanwhile, and meets none twice.
#[derive(Debug)]
pub struct Walk<const KEY: usize, const VALUE: usize> {
    /// What was found last, as far as `found` says.
    pub(super) keys: Vec<[u8; KEY]>,
    pub(super) values: Vec<[u8; VALUE]>,
    pub(super) found: usize,
    place: Option<Place>,
    over: bool,
}

impl<const KEY: usize, const VALUE: usize> Default for Walk<KEY, VALUE> {
    fn default() -> Self {
        let room = ROOM.div_ceil(KEY + VALUE);
        Self {
            keys: vec![[0; KEY]; room],
            values: vec![[0; VALUE]; room],
            found: 0,
            place: None,
            over: false,
        }
    }
}

impl<const KEY: usize, const VALUE: usize> Walk<KEY, VALUE> {
    /// Reads the next entries; false when there are no more.
    pub(super) fn read(
        &mut self,
        map: &HashMap<MapData, [u8; KEY], [u8; VALUE]>,
        flags: u64,
    ) -> io::Result<bool> {
        self.found = 0;
        while !self.over && self.found == 0 {
            let Self {
                keys,
                values,
                place,
                ..
            } = self;
            match syscall::read_entries(map, *place, keys, values, flags) {
                Ok((found, place)) => {
                    self.found = found;
                    self.place = place;
                    self.over = place.is_none();
                }
                // More entries than there is room for have the same hash.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    let room = 2 * self.keys.len();
                    self.keys.resize(room, [0; KEY]);
                    self.values.resize(room, [0; VALUE]);
                }
                Err(error) => {
                    self.over = true;
                    return Err(error);
                }
            }
        }
        Ok(self.found != 0)
    }
}
