//! A kernel hash map of plain structures.

use std::{iter, marker::PhantomData};

use aya::maps::{HashMap, Map, MapData, MapError};
use bytemuck::Pod;

use super::{Error, PinDirectory, Walk};

/// `BPF_F_LOCK` (linux/bpf.h): the kernel takes the entry's spin lock while it copies.
const LOCKED: u64 = 4;

/// `BPF_NOEXIST` (linux/bpf.h): nothing is replaced.
const NEW: u64 = 1;
/// `BPF_EXIST` (linux/bpf.h): nothing is added.
const EXISTING: u64 = 2;

/// A hash map whose keys are `K` (of `KEY` bytes) and whose values are `V` (of `VALUE` bytes).
pub struct Hash<K, V, const KEY: usize, const VALUE: usize> {
    name: &'static str,
    map: HashMap<MapData, [u8; KEY], [u8; VALUE]>,
    flags: u64,
    capacity: usize,
    types: PhantomData<(K, V)>,
}

impl<K, V, const KEY: usize, const VALUE: usize> Hash<K, V, KEY, VALUE>
where
    K: Pod,
    V: Pod,
{
    const SIZES: () = assert!(size_of::<K>() == KEY && size_of::<V>() == VALUE);

    /// The map called `name`; its sizes are compared with the types'.
    pub fn open(pins: &PinDirectory, name: &'static str) -> Result<Self, Error> {
        let () = Self::SIZES;
        let refused = |source| Error::Refused { name, source };
        let map = pins.open(name)?;
        let capacity = match &map {
            Map::HashMap(data) | Map::LruHashMap(data) => {
                data.info().map_err(refused)?.max_entries() as usize
            }
            _ => 0,
        };
        Ok(Self {
            name,
            map: HashMap::try_from(map).map_err(refused)?,
            flags: 0,
            capacity,
            types: PhantomData,
        })
    }

    /// The map called `name`, whose values begin with a `bpf_spin_lock`.
    pub fn open_locked(pins: &PinDirectory, name: &'static str) -> Result<Self, Error> {
        let map = Self::open(pins, name)?;
        Ok(Self {
            flags: LOCKED,
            ..map
        })
    }

    /// How many entries it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many entries there are at this moment.
    pub fn len(&self) -> Result<usize, Error> {
        let mut walk = Walk::default();
        let mut count = 0;
        while self.read(&mut walk)? {
            count += walk.found;
        }
        Ok(count)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.map.keys().next().is_none())
    }

    /// The value of `key`.
    pub fn get(&self, key: &K) -> Result<Option<V>, Error> {
        match self.map.get(&bytemuck::cast(*key), self.flags) {
            Ok(value) => Ok(Some(bytemuck::cast(value))),
            Err(MapError::KeyNotFound) => Ok(None),
            Err(source) => Err(self.refused(source)),
        }
    }

    /// The entries as they are read, each once. What comes or goes meanwhile may be among them or not.
    pub fn entries(&self) -> impl Iterator<Item = Result<(K, V), Error>> {
        let mut walk = Walk::default();
        let mut batch = Vec::new().into_iter();
        iter::from_fn(move || {
            loop {
                if let Some(entry) = batch.next() {
                    return Some(Ok(entry));
                }
                match self.next(&mut walk) {
                    Ok(Some(next)) => batch = next.into_iter(),
                    Ok(None) => return None,
                    Err(error) => return Some(Err(error)),
                }
            }
        })
    }

    /// The next entries of a walk through all, as [`Self::entries`] gives them; none when it is over.
    /// The map may be changed in between.
    pub fn next(&self, walk: &mut Walk<KEY, VALUE>) -> Result<Option<Vec<(K, V)>>, Error> {
        if !self.read(walk)? {
            return Ok(None);
        }
        let pair = |(key, value): (&[u8; KEY], &[u8; VALUE])| {
            (bytemuck::cast(*key), bytemuck::cast(*value))
        };
        let found = walk.keys.iter().zip(&walk.values).take(walk.found);
        Ok(Some(found.map(pair).collect()))
    }

    fn read(&self, walk: &mut Walk<KEY, VALUE>) -> Result<bool, Error> {
        walk.read(&self.map, self.flags)
            .map_err(|source| Error::Unread {
                name: self.name,
                source,
            })
    }

    /// Puts a value in, or in the place of another.
    pub fn insert(&mut self, key: &K, value: &V) -> Result<(), Error> {
        let (key, value): ([u8; KEY], [u8; VALUE]) = (bytemuck::cast(*key), bytemuck::cast(*value));
        let refused = self.map.insert(key, value, self.flags);
        refused.map_err(|source| self.refused(source))
    }

    /// Puts a value in the place of another; false if there is none any more.
    pub fn replace(&mut self, key: &K, value: &V) -> Result<bool, Error> {
        let (key, value): ([u8; KEY], [u8; VALUE]) = (bytemuck::cast(*key), bytemuck::cast(*value));
        match self.map.insert(key, value, self.flags | EXISTING) {
            Ok(()) => Ok(true),
            Err(MapError::SyscallError(error))
                if error.io_error.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(false)
            }
            Err(source) => Err(self.refused(source)),
        }
    }

    /// Puts an entry in; false if there is one of that key already.
    pub fn insert_new(&mut self, key: &K, value: &V) -> Result<bool, Error> {
        let (key, value): ([u8; KEY], [u8; VALUE]) = (bytemuck::cast(*key), bytemuck::cast(*value));
        match self.map.insert(key, value, NEW) {
            Ok(()) => Ok(true),
            Err(MapError::SyscallError(error))
                if error.io_error.kind() == std::io::ErrorKind::AlreadyExists =>
            {
                Ok(false)
            }
            Err(source) => Err(self.refused(source)),
        }
    }

    /// Removes `key`; true if it was there.
    pub fn remove(&mut self, key: &K) -> Result<bool, Error> {
        match self.map.remove(&bytemuck::cast(*key)) {
            Ok(()) => Ok(true),
            Err(MapError::KeyNotFound) => Ok(false),
            Err(MapError::SyscallError(error))
                if error.io_error.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(false)
            }
            Err(source) => Err(self.refused(source)),
        }
    }

    fn refused(&self, source: MapError) -> Error {
        let name = self.name;
        Error::Refused { name, source }
    }
}
