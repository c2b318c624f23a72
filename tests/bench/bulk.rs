//! Large files over links that carry super-packets.

use anyhow::{Context, Result};
use ftp_track_tests::tracker::TrackerMode;

use crate::gateway::{self, Gateway, Kind};
use crate::sample::Sample;
use crate::transfer::{median, session};

/// The part's name.
pub const PART: &str = "bulk";
const KINDS: [Kind; 10] = [
    Kind::Plain,
    Kind::Kernel,
    Kind::Empty,
    Kind::Tracker(TrackerMode::ConntrackByTc),
    Kind::Tracker(TrackerMode::Conntrack),
    Kind::Tracker(TrackerMode::Bypass),
    Kind::Tracker(TrackerMode::BypassByXdp),
    Kind::Tracker(TrackerMode::Mark),
    Kind::Tracker(TrackerMode::EnforceByTc),
    Kind::Tracker(TrackerMode::Enforce),
];
/// Bytes of a file.
const FILE: usize = 64 << 20;

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    let labs = gateway::labs(KINDS.len())?;
    let gateways = Gateway::start_all(&labs, &KINDS)?;
    for round in 0..=rounds {
        for gateway in &gateways {
            let name = gateway.kind.name();
            let steps = session(gateway.lab, 1, &[FILE]).with_context(|| name)?;
            let sample = Sample {
                part: PART,
                group: "",
                row: name,
                round,
                cost: median(steps.file).as_nanos() as f64 / (FILE >> 10) as f64,
                unit: "ns/KiB",
            };
            sample.write()?;
        }
    }
    Ok(())
}
