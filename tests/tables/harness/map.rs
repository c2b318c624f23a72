//! Kernel maps of plain structures, as the tables read and write them.

use std::{hash::Hash, marker::PhantomData};

use aya::{
    Ebpf,
    maps::{HashMap, Map, MapData, MapError, PerCpuArray, PerCpuValues},
    util::nr_cpus,
};
use bytemuck::Pod;

/// `BPF_F_LOCK` (linux/bpf.h): the kernel copies the value under its lock.
pub const LOCKED: u64 = 4;

/// A hash map; `K` and `V` are `KEY` and `VALUE` bytes long.
pub struct Table<K, V, const KEY: usize, const VALUE: usize> {
    map: HashMap<MapData, [u8; KEY], [u8; VALUE]>,
    flags: u64,
    types: PhantomData<(K, V)>,
}

impl<K: Pod + Eq + Hash, V: Pod, const KEY: usize, const VALUE: usize> Table<K, V, KEY, VALUE> {
    /// Takes the map called `name` out of the object; `flags` are for reading.
    pub fn take(ebpf: &mut Ebpf, name: &str, flags: u64) -> Self {
        let map = take(ebpf, name);
        let map = HashMap::try_from(map).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            map,
            flags,
            types: PhantomData,
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &K) -> Option<V> {
        match self.map.get(&bytemuck::cast(*key), self.flags) {
            Ok(value) => Some(bytemuck::cast(value)),
            Err(MapError::KeyNotFound) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Puts a value in.
    pub fn insert(&mut self, key: &K, value: &V) {
        let (key, value): ([u8; KEY], [u8; VALUE]) = (bytemuck::cast(*key), bytemuck::cast(*value));
        self.map.insert(key, value, self.flags).expect("room");
    }

    /// Removes what `key` has.
    pub fn remove(&mut self, key: &K) {
        let key: [u8; KEY] = bytemuck::cast(*key);
        self.map.remove(&key).expect("an entry");
    }

    /// Everything in it. What is taken out meanwhile may be left out.
    pub fn entries(&self) -> Vec<(K, V)> {
        let keys = self
            .map
            .keys()
            .map(|key| bytemuck::cast(key.expect("a key")));
        keys.filter_map(|key: K| Some((key, self.get(&key)?)))
            .collect()
    }

    /// How many entries it has.
    pub fn count(&self) -> usize {
        self.map.keys().count()
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        let keys: Vec<[u8; KEY]> = self.map.keys().map(|key| key.expect("a key")).collect();
        for key in keys {
            // The kernel may have taken it out meanwhile.
            let removed = self.map.remove(&key);
            assert!(removed.is_ok() || self.map.get(&key, self.flags).is_err());
        }
    }
}

/// Counters of all CPUs.
pub struct Counts(PerCpuArray<MapData, u64>);

impl Counts {
    /// Takes the map called `name` out of the object.
    pub fn take(ebpf: &mut Ebpf, name: &str) -> Self {
        let map = take(ebpf, name);
        Self(PerCpuArray::try_from(map).unwrap_or_else(|error| panic!("{name}: {error}")))
    }

    /// The sum over all CPUs.
    pub fn get(&self, index: u32) -> u64 {
        let values = self.0.get(&index, 0).expect("an index below the capacity");
        values.iter().sum()
    }

    /// Sets every counter to zero.
    pub fn clear(&mut self) {
        let cpus = nr_cpus().expect("the number of CPUs");
        for index in 0..self.0.len() {
            let zeros = PerCpuValues::try_from(vec![0; cpus]).expect("one for each CPU");
            self.0
                .set(index, zeros, 0)
                .expect("an index below the capacity");
        }
    }
}

/// Takes the map called `name` out of the object.
pub fn take(ebpf: &mut Ebpf, name: &str) -> Map {
    let map = ebpf.take_map(name);
    map.unwrap_or_else(|| panic!("the object has no map {name}"))
}
