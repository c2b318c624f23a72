//! What a bad link does to the segments of a control connection.

use std::collections::HashMap;

use ftp_track_tests::server::CONTROL_PORT;

use super::random::Random;
use super::segment::Segment;

/// Longest delay, in milliseconds.
const LONGEST: usize = 12;

/// How often what was done.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    pub segments: u32,
    pub lost: u32,
    pub late: u32,
    pub doubled: u32,
    pub split: u32,
    pub overlapped: u32,
    pub forged: u32,
}

/// A frame, and in how many milliseconds it goes on.
pub type Delayed = (usize, Vec<u8>);

/// What is wrong with a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Everything.
    All,
    /// Parts of a segment come in front of those before them.
    Order,
    /// Now and then one segment with payload is lost.
    Loss,
}

/// Of so many segments with payload one is lost, where nothing else is wrong: more than are on their
/// way at once.
const LOSS: u32 = 25;

/// The schedule of one link.
pub struct Mangler {
    fault: Fault,
    /// Segments with payload.
    full: u32,
    random: Random,
    /// What the receiver of a stream has acknowledged, by the stream's source and destination port
    /// and the direction on the wire.
    acknowledged: HashMap<(u16, u16, usize), u32>,
    /// What was done.
    pub tally: Tally,
}

impl Mangler {
    /// From a seed.
    pub fn new(fault: Fault, seed: u64) -> Self {
        Self {
            fault,
            full: 0,
            random: Random::new(seed),
            acknowledged: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// What becomes of a frame that came by `side` of the wire (0 or 1). Frames of other
    /// connections, and handshakes, go on as they are.
    pub fn pass(&mut self, side: usize, frame: Vec<u8>) -> Vec<Delayed> {
        let Some(segment) = Segment::of(&frame) else {
            return vec![(0, frame)];
        };
        let tcp = &segment.tcp;
        let (source, destination) = (tcp.source_port, tcp.destination_port);
        if (source != CONTROL_PORT && destination != CONTROL_PORT) || tcp.syn || tcp.rst {
            return vec![(0, frame)];
        }
        if tcp.ack {
            let key = (destination, source, 1 - side);
            self.acknowledged.insert(key, tcp.acknowledgment_number);
        }
        self.tally.segments += 1;
        match self.fault {
            Fault::All => self.everything(side, frame, &segment),
            Fault::Order => self.reversed(frame, &segment),
            Fault::Loss => self.without(frame, &segment),
        }
    }

    /// The segment in two parts, the second one first.
    fn reversed(&mut self, frame: Vec<u8>, segment: &Segment) -> Vec<Delayed> {
        let length = segment.payload.len();
        if length < 2 {
            return vec![(0, frame)];
        }
        self.tally.late += 1;
        let cuts = [0, 1 + self.random.below(length - 1), length];
        let part = |pair: &[usize]| {
            let sequence = segment.sequence().wrapping_add(pair[0] as u32);
            let payload = segment.payload[pair[0]..pair[1]].to_vec();
            (0, segment.with(sequence, payload).frame())
        };
        cuts.windows(2).rev().map(part).collect()
    }

    /// The segment, or nothing.
    fn without(&mut self, frame: Vec<u8>, segment: &Segment) -> Vec<Delayed> {
        self.full += u32::from(!segment.payload.is_empty());
        if !segment.payload.is_empty() && self.full.is_multiple_of(LOSS) {
            self.tally.lost += 1;
            return Vec::new();
        }
        vec![(0, frame)]
    }

    fn everything(&mut self, side: usize, frame: Vec<u8>, segment: &Segment) -> Vec<Delayed> {
        if self.random.percent(6) {
            self.tally.lost += 1;
            return Vec::new();
        }
        let mut frames = if segment.payload.is_empty() {
            vec![(self.delay(), frame)]
        } else {
            self.data(side, segment)
        };
        if self.random.percent(15) {
            self.tally.doubled += 1;
            let again: Vec<Delayed> = frames
                .iter()
                .map(|(_, frame)| (self.random.below(LONGEST), frame.clone()))
                .collect();
            frames.extend(again);
        }
        frames
    }

    fn delay(&mut self) -> usize {
        if self.random.percent(30) {
            self.tally.late += 1;
            self.random.below(LONGEST)
        } else {
            0
        }
    }

    /// A segment with payload: in one or in several parts, some with what is not theirs.
    fn data(&mut self, side: usize, segment: &Segment) -> Vec<Delayed> {
        let mut frames = Vec::new();
        if self.random.percent(15) {
            self.tally.forged += 1;
            frames.push((0, self.forged(segment)));
        }
        if self.random.percent(15)
            && let Some(frame) = self.overlapping(side, segment)
        {
            self.tally.overlapped += 1;
            frames.push((self.delay(), frame));
            return frames;
        }
        let mut rest = 0;
        let length = segment.payload.len();
        let parts = if self.random.percent(35) {
            self.tally.split += 1;
            2 + self.random.below(4)
        } else {
            1
        };
        for part in 0..parts {
            let last = part + 1 == parts || rest + 1 >= length;
            let end = if last {
                length
            } else {
                rest + 1 + self.random.below(length - rest - 1)
            };
            // Parts may overlap with the same bytes.
            let start = rest.saturating_sub(self.random.below(4));
            let piece = segment.payload[start..end].to_vec();
            let sequence = segment.sequence().wrapping_add(start as u32);
            frames.push((self.delay(), segment.with(sequence, piece).frame()));
            rest = end;
            if rest == length {
                break;
            }
        }
        frames
    }

    /// The segment behind bytes that were acknowledged before, with other bytes in their place.
    fn overlapping(&mut self, side: usize, segment: &Segment) -> Option<Vec<u8>> {
        let tcp = &segment.tcp;
        let key = (tcp.source_port, tcp.destination_port, side);
        let acknowledged = *self.acknowledged.get(&key)?;
        if acknowledged != segment.sequence() {
            return None;
        }
        let hostile =
            b"\r\nPORT 1,2,3,4,5,6\r\n227 (1,2,3,4,5,6)\r\nAUTH TLS\r\n234 x\r\n421 x\r\n";
        let old = 1 + self.random.below(hostile.len());
        let payload = [&hostile[..old], &segment.payload].concat();
        let sequence = segment.sequence().wrapping_sub(old as u32);
        Some(segment.with(sequence, payload).frame())
    }

    /// A segment that its receiver drops: with a wrong checksum, or far beyond its window.
    fn forged(&mut self, segment: &Segment) -> Vec<u8> {
        let hostile = b"QUIT\r\nAUTH TLS\r\n234 ok\r\n421 bye\r\n".to_vec();
        if self.random.percent(50) {
            let mut frame = segment.with(segment.sequence(), hostile).frame();
            let last = frame.len() - 1;
            frame[last] ^= 0x55;
            frame
        } else {
            let beyond = segment.sequence().wrapping_add(1 << 30);
            segment.with(beyond, hostile).frame()
        }
    }
}
