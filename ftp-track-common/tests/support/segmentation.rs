//! Other segments for the same bytes: split, joined, repeated, overlapping, out of order.

use ftp_track_common::{session::Step, tuple::Direction};

use super::{
    connection::Connection,
    transcript::{Transcript, Turn},
};

/// Chooses how bytes are put into segments, from a list that is used round and round.
pub struct Segmentation<'a> {
    choices: &'a [u8],
    at: usize,
}

impl<'a> Segmentation<'a> {
    /// Every byte of `choices` decides about one segment. None: all that can be joined is joined.
    pub fn new(choices: &'a [u8]) -> Self {
        Self { choices, at: 0 }
    }

    fn choose(&mut self) -> u8 {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at = (self.at + 1) % self.choices.len().max(1);
        choice
    }

    /// Plays `transcript` in other segments; gives all notes.
    pub fn play(mut self, transcript: &Transcript) -> Vec<String> {
        let mut connection = transcript.connection();
        for turn in joined(&transcript.turns) {
            match turn {
                Turn::Bytes(direction, bytes) => self.send(&mut connection, direction, &bytes),
                other => other.happen(&mut connection),
            }
        }
        connection.take_notes()
    }

    /// Plays `transcript` where nothing is held back, and each segment passes once: what the choices
    /// say comes in front of what was sent before it. Gives all notes.
    pub fn reorder(mut self, transcript: &Transcript) -> Vec<String> {
        let mut connection = transcript.connection();
        connection.observes = true;
        for turn in joined(&transcript.turns) {
            match turn {
                Turn::Bytes(direction, bytes) => self.send_late(&mut connection, direction, &bytes),
                other => other.happen(&mut connection),
            }
        }
        connection.take_notes()
    }

    /// Sends `bytes`: a piece after those that come behind it, and so on.
    fn send_late(&mut self, connection: &mut Connection, direction: Direction, bytes: &[u8]) {
        let mut sent = 0;
        while sent < bytes.len() {
            let left = bytes.len() - sent;
            let choice = usize::from(self.choose());
            let late = left.min(1 + (choice & 31));
            let mut early = late;
            if may_be_early(connection, direction) {
                for _ in 0..choice >> 5 {
                    let length = usize::from(self.choose() & 63).min(left - early);
                    let piece = &bytes[sent + early..sent + early + length];
                    ahead(connection, direction, early, piece);
                    early += length;
                }
            }
            connection.send(direction, &bytes[sent..sent + late]);
            connection.skip(direction, early - late);
            sent += early;
        }
    }

    /// Sends `bytes` in as many segments as the choices say.
    fn send(&mut self, connection: &mut Connection, direction: Direction, bytes: &[u8]) {
        let mut sent = 0;
        while sent < bytes.len() {
            let choice = self.choose();
            let left = bytes.len() - sent;
            let length = match choice & 15 {
                0 => left,
                15 => left.min(40),
                few => left.min(few as usize),
            };
            let piece = &bytes[sent..sent + length];
            match choice >> 4 {
                1 => repeat(connection, direction, &bytes[..sent]),
                2 => overlap(connection, direction, sent, piece),
                3 => early(connection, direction, length, &bytes[sent + length..]),
                _ => {}
            }
            if choice >> 4 != 2 {
                connection.send(direction, piece);
            }
            sent += length;
        }
    }
}

/// Joins neighbouring turns that are bytes of one direction.
fn joined(turns: &[Turn]) -> Vec<Turn> {
    let mut joined: Vec<Turn> = Vec::new();
    for turn in turns {
        match (joined.last_mut(), turn) {
            (Some(Turn::Bytes(last, bytes)), Turn::Bytes(direction, more)) if last == direction => {
                bytes.extend_from_slice(more);
            }
            _ => joined.push(turn.clone()),
        }
    }
    joined
}

/// Sends again what was sent, as it was.
fn repeat(connection: &mut Connection, direction: Direction, sent: &[u8]) {
    let mut segment = connection.segment(direction, sent.len());
    segment.sequence = segment.sequence.wrapping_sub(segment.length);
    connection.deliver(direction, &segment, sent);
}

/// Sends `piece` in a segment that begins in what was `sent` before, with other bytes there.
fn overlap(connection: &mut Connection, direction: Direction, sent: usize, piece: &[u8]) {
    let old = sent.min(30);
    let mut payload = b"\nPORT 10,0,0,1,9,9\r\n227 1,2,3,4,9,9\r\n"[..old].to_vec();
    payload.extend_from_slice(piece);
    let mut segment = connection.segment(direction, payload.len());
    segment.sequence = segment.sequence.wrapping_sub(old as u32);
    connection.deliver(direction, &segment, &payload);
    connection.skip(direction, piece.len());
}

/// Sends what comes after the next `length` bytes too early; it has to be held back.
fn early(connection: &mut Connection, direction: Direction, length: usize, after: &[u8]) {
    if may_be_early(connection, direction)
        && let Some(step) = ahead(connection, direction, length, after)
    {
        assert!(matches!(step, Step::Hold(_)), "{step:?} beyond a gap");
    }
}

/// Whether what is beyond a gap waits. A client that speaks before the greeting is no FTP client, and
/// is not held back.
fn may_be_early(connection: &Connection, direction: Direction) -> bool {
    let session = &connection.session;
    let too_soon = direction == Direction::FromClient && session.conversation.awaits_greeting();
    !too_soon && session.is_readable()
}

/// Sends `piece` in front of the `length` bytes that come before it.
fn ahead(
    connection: &mut Connection,
    direction: Direction,
    length: usize,
    piece: &[u8],
) -> Option<Step> {
    if piece.is_empty() {
        return None;
    }
    let mut segment = connection.segment(direction, piece.len());
    segment.sequence = segment.sequence.wrapping_add(length as u32);
    Some(connection.deliver(direction, &segment, piece))
}
