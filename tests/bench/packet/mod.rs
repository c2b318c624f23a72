//! What one packet costs in the program, relative to a program that does nothing.

pub mod script;

use std::os::fd::AsFd as _;

use anyhow::{Context, Result, ensure};
use ftp_track_common::config::Mode;

use crate::bpf::{self, Program};
use crate::cpu;
use crate::harness::namespace;
use crate::harness::play::{Family, Play};
use crate::harness::tracker::Tracker;
use crate::program::{self, Player};
use crate::sample::Sample;

use script::{COUNT, Script};

/// The part's name.
pub const PART: &str = "packet";
/// Connections in one round of one row.
const CONNECTIONS: u16 = 9;
/// A row, and the players that bring its packets.
struct Row {
    script: Script,
    tracked: Player,
    untracked: Player,
}

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    let mut tracker = Tracker::load_with(&[]);
    let empty = program::empty()?;
    let mut rows = Vec::new();
    for script in script::ALL {
        let length = script.frame_length(&mut tracker);
        rows.push(Row {
            script,
            tracked: Player::new(tracker.program().fd()?.as_fd(), COUNT, length)?,
            untracked: Player::new(empty.descriptor(), COUNT, length)?,
        });
    }
    for round in 0..=rounds {
        let _precedence = cpu::take(0)?;
        let floor = floor(&empty)?;
        let write = |row: &str, cost: f64| {
            let sample = Sample {
                part: PART,
                group: "",
                row,
                round,
                cost,
                unit: "ns/packet",
            };
            sample.write()
        };
        write("empty program", floor)?;
        for row in &rows {
            let cost = measure(row, &mut tracker)
                .with_context(|| format!("{}, round {round}", row.script.name))?;
            write(row.script.name, floor + cost)?;
        }
    }
    Ok(())
}

/// What an empty program takes.
fn floor(empty: &Program) -> Result<f64> {
    let frame = [0; 64];
    let mut times = Vec::new();
    for _ in 0..CONNECTIONS {
        let (time, _) = bpf::run(empty.descriptor(), &frame, namespace::LAN, 1000)?;
        times.push(f64::from(time));
    }
    Ok(median(times))
}

/// What a packet takes on top of an empty program.
fn measure(row: &Row, tracker: &mut Tracker) -> Result<f64> {
    let mut times = Vec::new();
    tracker.reset(Mode::Enforce);
    for connection in 0..CONNECTIONS {
        let mut play = Play::new(tracker, Family::V4, 0);
        let frames = row.script.prepare(&mut play, connection);
        let interface = play.control.interfaces[row.script.direction as usize];
        let run = |player: &Player| -> Result<f64> {
            player.set(&frames)?;
            let (nanoseconds, verdict) = bpf::run(player.program(), &frames[0], interface, COUNT)?;
            ensure!(verdict == XDP_PASS, "the last packet has verdict {verdict}");
            Ok(f64::from(nanoseconds))
        };
        // Once for the caches: what came before has filled them with other things.
        run(&row.untracked)?;
        let [tracked, untracked] = [run(&row.tracked)?, run(&row.untracked)?];
        // Else the empty program was interrupted: in so short a run that is most of it.
        if tracked > untracked {
            times.push(tracked - untracked);
        }
        if let Some(left) = row.script.unread(&play) {
            ensure!(left == 0, "{left} bytes were not read");
        }
    }
    ensure!(!times.is_empty(), "the machine is too busy");
    Ok(median(times))
}

const XDP_PASS: u32 = 2;

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
