//! Forwarding an admitted data connection, frame by frame as a driver would bring them.

mod connection;

use anyhow::{Context, Result, ensure};
use ftp_track_common::segment::ACK;
use ftp_track_tests::tracker::TrackerMode;

use crate::gateway::{self, Gateway, Kind};
use crate::harness::segment::Segment;
use crate::sample::Sample;
use crate::stream::{FRAMES, Stream};

use connection::Connection;

/// The part's name.
pub const PART: &str = "forward";
/// Lengths of the frames.
const LENGTHS: [usize; 2] = [64, 1514];
/// Ethernet, IPv4 and TCP.
const HEADERS: usize = 14 + 20 + 20;
const KINDS: [Kind; 11] = [
    Kind::Drop,
    Kind::Redirect,
    Kind::Empty,
    Kind::Plain,
    Kind::Kernel,
    Kind::Tracker(TrackerMode::Conntrack),
    Kind::Tracker(TrackerMode::BypassByXdp),
    Kind::Tracker(TrackerMode::Bypass),
    Kind::Tracker(TrackerMode::Mark),
    Kind::Tracker(TrackerMode::Enforce),
    Kind::Tracker(TrackerMode::Observe),
];

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    let labs = gateway::labs(KINDS.len())?;
    let mut streams = Vec::new();
    for (kind, lab) in KINDS.into_iter().zip(&labs) {
        let gateway = Gateway::start(lab, kind)?;
        let connection = Connection::open(lab).with_context(|| kind.name())?;
        let frames = frames(&connection)?;
        // The connection has to stay open.
        streams.push((Stream::new(gateway, frames)?, connection));
    }
    // Once for the caches, and to see that everything arrives.
    for round in 0..=rounds {
        for (stream, _) in &streams {
            for (place, length) in LENGTHS.into_iter().enumerate() {
                let cost = measure(stream, place)?;
                let sample = Sample {
                    part: PART,
                    group: &format!("{length} bytes"),
                    row: stream.kind().name(),
                    round,
                    cost,
                    unit: "ns/packet",
                };
                sample.write()?;
            }
        }
    }
    Ok(())
}

/// A segment of the server that the client would take, in each of the lengths.
fn frames(connection: &Connection<'_>) -> Result<Vec<Vec<u8>>> {
    let [client, server] = connection.ends()?;
    let [received, sent] = connection.freeze()?;
    let frame = |length| {
        let segment = Segment {
            sequence: sent,
            acknowledgment: received,
            payload: vec![b'x'; length - HEADERS],
            ..Segment::new(server, client, ACK)
        };
        segment.frame()
    };
    Ok(LENGTHS.map(frame).into())
}

/// Nanoseconds for a frame.
fn measure(stream: &Stream<'_>, kind: usize) -> Result<f64> {
    let before = stream.related()?;
    let cost = stream.send(&[kind])?;
    if let Some((after, before)) = stream.related()?.zip(before) {
        ensure!(
            after - before >= FRAMES.into(),
            "{}: only {} of {FRAMES} frames belong to an admitted connection",
            stream.kind().name(),
            after - before
        );
    }
    Ok(cost)
}
