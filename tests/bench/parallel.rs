//! Packets on two CPUs at once: what is shared costs when both write to it.

use std::os::fd::AsFd as _;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, ensure};
use ftp_track_common::config::Mode;

use crate::bpf;
use crate::cpu;
use crate::harness::play::{Family, Play};
use crate::harness::tracker::Tracker;
use crate::packet::script::{self, COUNT, Script};
use crate::program::Player;
use crate::sample::Sample;

/// The part's name.
pub const PART: &str = "parallel";
/// What is sent, by the names of the part `packet`.
const ROWS: [&str; 2] = ["data segment", "control ACK"];
/// How often the packets of a script are sent: long enough for both CPUs to be at it.
const TIMES: u32 = 2000;

/// Packets of one connection, for each CPU a player.
struct Connection {
    players: [Player; 2],
    frame: Vec<u8>,
    interface: u32,
}

/// Measures. Only with two CPUs.
pub fn run(rounds: u32) -> Result<()> {
    let cpus = thread::available_parallelism()?.get();
    ensure!(cpus >= 2, "this part needs two CPUs");
    let mut tracker = Tracker::load_with(&[]);
    for name in ROWS {
        let script = script::ALL.iter().find(|script| script.name == name);
        let script = script.with_context(|| format!("no packets named {name}"))?;
        tracker.reset(Mode::Enforce);
        let connections = [
            Connection::prepare(&mut tracker, script, 0)?,
            Connection::prepare(&mut tracker, script, 1)?,
        ];
        let [first, second] = &connections;
        for round in 0..=rounds {
            for (row, on) in [
                ("one CPU", &[first][..]),
                ("two, each its connection", &[first, second]),
                ("two, the same connection", &[first, first]),
            ] {
                let sample = Sample {
                    part: PART,
                    group: name,
                    row,
                    round,
                    cost: measure(on)?,
                    unit: "ns/packet",
                };
                sample.write()?;
            }
        }
    }
    Ok(())
}

impl Connection {
    fn prepare(tracker: &mut Tracker, script: &Script, number: u16) -> Result<Self> {
        let mut play = Play::new(tracker, Family::V4, 0);
        let frames = script.prepare(&mut play, number);
        let interface = play.control.interfaces[script.direction as usize];
        let frame = frames.first().context("no frames")?.clone();
        let player = || -> Result<Player> {
            let program = tracker.program().fd()?.as_fd();
            let player = Player::new(program, COUNT, frame.len())?;
            player.set(&frames)?;
            Ok(player)
        };
        Ok(Self {
            players: [player()?, player()?],
            frame,
            interface,
        })
    }
}

/// Nanoseconds for a packet, when each CPU has the packets of one of these connections.
fn measure(connections: &[&Connection]) -> Result<f64> {
    let start = Barrier::new(connections.len());
    let times = thread::scope(|scope| {
        let threads = connections.iter().enumerate().map(|(cpu, connection)| {
            let start = &start;
            scope.spawn(move || -> Result<u32> {
                let precedence = cpu::take(cpu);
                start.wait();
                let _precedence = precedence?;
                let program = connection.players[cpu].program();
                let count = COUNT * TIMES;
                let run = bpf::run(program, &connection.frame, connection.interface, count);
                Ok(run?.0)
            })
        });
        let threads: Vec<_> = threads.collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<u32>>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect::<Result<Vec<u32>>>()
    })?;
    let slowest = times.into_iter().max().context("no CPU")?;
    Ok(slowest.into())
}
