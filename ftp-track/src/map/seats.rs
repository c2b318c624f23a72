//! Where the kernel programs count what is plain of a data connection: see [`ftp_track_common::seat`].

use std::{io, mem::offset_of, os::fd::AsFd as _, sync::atomic::Ordering};

use aya::maps::{Array, IterableMap as _, MapData};
use ftp_track_common::{ends::Ends, layout, seat::Seat, tuple::FlowKey};

use super::{Error, PinDirectory, settings, shared::SharedWords};

const NAME: &str = layout::SEATS;
const SIZE: usize = size_of::<Seat>();
const WORD: usize = size_of::<u64>();

/// The seats of data connections.
pub struct Seats {
    map: Array<MapData, [u8; SIZE]>,
}

impl Seats {
    /// Opens [`layout::SEATS`].
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        let map = settings::open(pins, NAME)?;
        Ok(Self { map })
    }

    /// The seat of the flow with this key, if it sits.
    pub fn of(&self, key: &FlowKey) -> Result<Option<Seat>, Error> {
        let refused = |source| Error::Refused { name: NAME, source };
        let seat = self.map.get(&self.place(key), 0).map_err(refused)?;
        let seat: Seat = bytemuck::cast(seat);
        Ok(seat.is_of(&(*key).into()).then_some(seat))
    }

    /// A flow with this key is about to enter its map.
    pub fn enter(&self, key: &FlowKey) -> Result<(), Error> {
        let words = self.words(key)?;
        words
            .at(offset_of!(Seat, flows) / WORD)
            .fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// The flow with this key has left its map.
    pub fn leave(&self, key: &FlowKey) -> Result<(), Error> {
        let sits = self.of(key)?.is_some();
        let words = self.words(key)?;
        if sits {
            close(&words);
            let tallies = offset_of!(Seat, tallies);
            for offset in (tallies..offset_of!(Seat, until)).step_by(WORD) {
                words.at(offset / WORD).store(0, Ordering::SeqCst);
            }
            words
                .at(offset_of!(Seat, taken) / WORD)
                .fetch_sub(1, Ordering::SeqCst);
        }
        words
            .at(offset_of!(Seat, flows) / WORD)
            .fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    /// The next segment of the flow with this key needs a closer look.
    pub fn stand(&self, key: &FlowKey) -> Result<(), Error> {
        if self.of(key)?.is_some() {
            close(&self.words(key)?);
        }
        Ok(())
    }

    fn place(&self, key: &FlowKey) -> u32 {
        Ends::from(*key).place(self.map.len())
    }

    /// Only this one: the kernel counts whatever is mapped as this process's memory.
    fn words(&self, key: &FlowKey) -> Result<SharedWords, Error> {
        let offset = u64::from(self.place(key)) * SIZE as u64;
        SharedWords::of(self.map.map().fd().as_fd(), offset, SIZE / WORD)
            .map_err(|source: io::Error| Error::Unread { name: NAME, source })
    }
}

fn close(words: &SharedWords) {
    for offset in [offset_of!(Seat, until), offset_of!(Seat, tick)] {
        words.at(offset / WORD).store(0, Ordering::SeqCst);
    }
}
