//! Words of an array that the kernel programs work on at the same time.
#![expect(unsafe_code, reason = "the kernel's memory comes as a pointer")]

use std::{
    io,
    os::fd::{AsRawFd as _, BorrowedFd},
    sync::atomic::AtomicU64,
};

use memmap2::{MmapOptions, MmapRaw};

/// Some words of an array with `BPF_F_MMAPABLE`.
pub struct SharedWords(MmapRaw);

impl SharedWords {
    /// `count` words of `map` from `offset` on, which is in bytes and a multiple of 8.
    pub fn of(map: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<Self> {
        let words = MmapOptions::new()
            .offset(offset)
            .len(count * size_of::<AtomicU64>())
            .map_raw(map.as_raw_fd())?;
        assert!(words.as_ptr().cast::<AtomicU64>().is_aligned());
        Ok(Self(words))
    }

    /// The word at `place`.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn at(&self, place: usize) -> &AtomicU64 {
        assert!(place < self.0.len() / size_of::<AtomicU64>());
        // SAFETY: the word is in the mapping, which lives as long as this, and aligned: the first one is.
        // The kernel programs, too, read and write it as a whole.
        unsafe { &*self.0.as_ptr().cast::<AtomicU64>().add(place) }
    }
}
