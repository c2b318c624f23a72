//! Maps of the benchmark's own programs.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};

use super::call::{Attributes, MAP_CREATE, MAP_LOOKUP, MAP_UPDATE};

// linux/bpf.h
const HASH: u32 = 1;
const ARRAY: u32 = 2;
const PROGRAM_ARRAY: u32 = 3;
const PER_CPU_ARRAY: u32 = 6;
const NO_PREALLOC: u32 = 1;

/// A map.
pub struct Map {
    descriptor: OwnedFd,
    /// Bytes of a key and of a value.
    sizes: [u32; 2],
}

impl Map {
    /// An array of `entries` values, each of `size` bytes.
    pub fn array(size: u32, entries: u32) -> Result<Self> {
        Self::make(ARRAY, [4, size], entries)
    }

    /// A hash map whose memory is taken as entries come.
    pub fn hash(key: u32, value: u32, entries: u32) -> Result<Self> {
        Self::make(HASH, [key, value], entries)
    }

    /// An array with room for one program.
    pub fn program_array(program: BorrowedFd<'_>) -> Result<Self> {
        let map = Self::make(PROGRAM_ARRAY, [4, 4], 1)?;
        map.update(&0u32.to_ne_bytes(), &program.as_raw_fd().to_ne_bytes())?;
        Ok(map)
    }

    fn make(kind: u32, sizes: [u32; 2], entries: u32) -> Result<Self> {
        let [key, value] = sizes;
        let flags = if kind == HASH { NO_PREALLOC } else { 0 };
        let words = [(0, kind), (1, key), (2, value), (3, entries), (4, flags)];
        // SAFETY: there are no addresses.
        let descriptor = unsafe { Attributes::new(&words).open(MAP_CREATE) };
        let descriptor = descriptor.context("cannot make a map")?;
        Ok(Self { descriptor, sizes })
    }

    /// Puts a value in.
    pub fn update(&self, key: &[u8], value: &[u8]) -> Result<()> {
        assert_eq!(
            [key.len(), value.len()],
            self.sizes.map(|size| size as usize)
        );
        let words = [(0, self.descriptor.as_raw_fd() as u32)];
        let mut attributes = Attributes::new(&words)
            .point(2, key.as_ptr())
            .point(4, value.as_ptr());
        // SAFETY: key and value have the sizes of the map's.
        unsafe { attributes.call(MAP_UPDATE) }.context("cannot write to a map")?;
        Ok(())
    }

    /// Its file descriptor.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// One number that a program counts in, on each CPU for itself.
pub struct Counter {
    map: Map,
    cpus: usize,
}

impl Counter {
    /// At zero.
    pub fn new() -> Result<Self> {
        let cpus = aya::util::nr_cpus().map_err(|(file, error)| {
            anyhow::anyhow!("the number of CPUs cannot be read from {file}: {error}")
        })?;
        let map = Map::make(PER_CPU_ARRAY, [4, 8], 1)?;
        Ok(Self { map, cpus })
    }

    /// The map, for programs.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The sum over all CPUs.
    pub fn get(&self) -> Result<u64> {
        let mut values = vec![0u64; self.cpus];
        let key = 0u32;
        let words = [(0, self.map.descriptor.as_raw_fd() as u32)];
        let mut attributes = Attributes::new(&words)
            .point(2, &raw const key)
            .point(4, values.as_mut_ptr());
        // SAFETY: there is room for the value of every CPU that the kernel may have.
        unsafe { attributes.call(MAP_LOOKUP) }.context("cannot read a counter")?;
        Ok(values.iter().sum())
    }
}
