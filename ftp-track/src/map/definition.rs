//! What the maps of this build have to be. aya takes whatever lies at a pin's path; so it is
//! compared here before that.

use std::{collections::BTreeMap, fmt};

use aya::maps::MapInfo;
use aya_obj::Object;
use ftp_track_common::layout;

use super::{Error, PinDirectory};
use crate::{config::Rooms, kernel};

/// What a map is, as far as another build could differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// `BPF_MAP_TYPE_*` (linux/bpf.h).
    pub kind: u32,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// Entries; of a ring buffer, bytes.
    pub entries: u32,
}

impl fmt::Display for Definition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            key,
            value,
            entries,
        } = self;
        write!(
            formatter,
            "type {kind}, keys of {key} and values of {value} bytes, {entries} entries"
        )
    }
}

/// The maps of this build's object that are pinned, by name, with so much room.
fn wanted(rooms: Rooms) -> Result<BTreeMap<&'static str, Definition>, Error> {
    let rooms = rooms.of_maps();
    let object = Object::parse(kernel::OBJECT).map_err(|error| Error::Object(error.to_string()))?;
    let define = |name: &&'static str| {
        let map = object.maps.get(*name).ok_or(Error::Missing { name })?;
        let room = rooms.iter().find(|(other, _)| other == name);
        let definition = Definition {
            kind: map.map_type(),
            key: map.key_size(),
            value: map.value_size(),
            entries: room.map_or(map.max_entries(), |(_, entries)| *entries),
        };
        Ok((*name, definition))
    };
    layout::PINNED.iter().map(define).collect()
}

/// Fails with the first pin that is not what this build would make in its place, with so much room.
pub fn check(pins: &PinDirectory, rooms: Rooms) -> Result<(), Error> {
    for (name, wanted) in wanted(rooms)? {
        let path = pins.map(name);
        if !path.exists() {
            return Err(Error::Mismatch {
                path,
                found: "nothing".to_owned(),
                wanted,
            });
        }
        let info = match MapInfo::from_pin(&path) {
            Ok(info) => info,
            Err(source) => return Err(Error::Unreadable { path, source }),
        };
        let found = Definition {
            kind: info.map_type().map_or(0, |kind| kind as u32),
            key: info.key_size(),
            value: info.value_size(),
            entries: info.max_entries(),
        };
        let named = info.name_as_str().unwrap_or_default();
        if found != wanted || named != kernel_name(name) {
            let named = crate::escape::one_line(named);
            return Err(Error::Mismatch {
                path,
                found: format!("{named} ({found})"),
                wanted,
            });
        }
    }
    Ok(())
}

/// The kernel keeps 15 characters of a name (`BPF_OBJ_NAME_LEN`, linux/bpf.h).
fn kernel_name(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_what_the_engine_says() {
        let wanted = wanted(Rooms::default()).unwrap();
        let sessions = wanted[layout::SESSIONS];
        assert_eq!(
            sessions.key as usize,
            size_of::<ftp_track_common::tuple::SessionKey>()
        );
        assert_eq!(sessions.value as usize, size_of::<layout::SessionEntry>());
        assert_eq!(sessions.entries as usize, layout::MAX_SESSIONS);
        assert_eq!(wanted.len(), layout::PINNED.len());
    }
}
