//! How many entries a map has room for.

use ftp_track_common::layout;

/// The most: the kernel wants 16 bytes for each before there are any.
const MOST: u32 = 1 << 22;

/// How many entries a map has room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room(u32);

/// The number makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there can be room for 1 to {MOST}")]
pub struct InvalidRoom;

impl TryFrom<u32> for Room {
    type Error = InvalidRoom;

    fn try_from(entries: u32) -> Result<Self, InvalidRoom> {
        if (1..=MOST).contains(&entries) {
            Ok(Self(entries))
        } else {
            Err(InvalidRoom)
        }
    }
}

/// How many entries the maps have room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rooms {
    sessions: u32,
    flows: u32,
}

impl Rooms {
    /// What was chosen, with defaults for the rest.
    pub(super) fn of(sessions: Option<Room>, flows: Option<Room>) -> Self {
        let or = |room: Option<Room>, default: usize| room.map_or(default as u32, |room| room.0);
        Self {
            sessions: or(sessions, layout::MAX_SESSIONS),
            flows: or(flows, layout::MAX_FLOWS),
        }
    }

    /// Control connections at once.
    pub fn sessions(self) -> u32 {
        self.sessions
    }

    /// Data connections at once.
    pub fn flows(self) -> u32 {
        self.flows
    }

    /// The maps by name, and how many entries each has room for. A session has at most two
    /// expectations: for those there is always room.
    pub fn of_maps(self) -> [(&'static str, u32); 4] {
        [
            (layout::SESSIONS, self.sessions),
            (layout::EXPECTATIONS, 2 * self.sessions),
            (layout::FLOWS, self.flows),
            (layout::SEATS, self.seats()),
        ]
    }

    /// How many seats there are, which the kernel programs have to know: one for each flow.
    pub fn seats(self) -> u32 {
        self.flows
    }
}

impl Default for Rooms {
    fn default() -> Self {
        Self::of(None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let defaults = Rooms::default().of_maps();
        assert_eq!(defaults[1].1 as usize, layout::MAX_EXPECTATIONS);
        let room = |entries| Room::try_from(entries).ok();
        let rooms = Rooms::of(room(1), room(MOST));
        assert_eq!(rooms.of_maps().map(|(_, room)| room), [1, 2, MOST, MOST]);
        assert_eq!([room(0), room(MOST + 1)], [None; 2]);
    }
}
