//! The cost of a data segment, and of a bare lookup, with so many flows.

use std::os::fd::AsFd as _;

use anyhow::Result;
use ftp_track_common::config::Mode;
use ftp_track_common::flow::Flow;
use ftp_track_common::layout;
use ftp_track_common::tuple::FlowKey;

use super::{PART, flow, name};
use crate::bpf::{self, Map};
use crate::cpu;
use crate::harness::namespace::WAN;
use crate::harness::tracker::Tracker;
use crate::program::{self, Player};
use crate::sample::Sample;

/// How many flows there are.
const COUNTS: [u32; 4] = [1, 1000, 100_000, 1_000_000];
/// How many different ones are looked for.
const PACKETS: u32 = 8192;
/// How often they are.
const TIMES: u32 = 4;

/// So many flows, and players of their packets.
struct Row {
    count: u32,
    tracker: Tracker,
    tracked: Player,
    untracked: Player,
    bare: bpf::Program,
    /// The program refers to them.
    _maps: [Map; 3],
}

/// Measures. All rows stand at the same time.
pub fn run(rounds: u32) -> Result<()> {
    let mut rows = COUNTS
        .into_iter()
        .map(prepare)
        .collect::<Result<Vec<_>>>()?;
    for round in 0..=rounds {
        for row in &mut rows {
            let frame = flow::segment(0).frame();
            let _precedence = cpu::take(0)?;
            let run = |program| bpf::run(program, &frame, WAN, PACKETS * TIMES);
            let (tracked, _) = run(row.tracked.program())?;
            let (untracked, _) = run(row.untracked.program())?;
            let (bare, _) = run(row.bare.descriptor())?;
            let related = row.tracker.count(ftp_track_common::reason::Reason::Related);
            anyhow::ensure!(
                related == u64::from(PACKETS * TIMES * (round + 1)),
                "{related} packets belong to a flow"
            );
            for (group, cost) in [
                (
                    "data segment, flows",
                    f64::from(tracked.saturating_sub(untracked)),
                ),
                ("bare lookup, flows", f64::from(bare)),
            ] {
                let sample = Sample {
                    part: PART,
                    group,
                    row: &name(row.count),
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

fn prepare(count: u32) -> Result<Row> {
    // A power of two, as the kernel rounds up the number of its buckets.
    let capacity = count.max(layout::MAX_FLOWS as u32).next_power_of_two();
    let mut tracker = Tracker::load_with(&[(layout::FLOWS, capacity)]);
    tracker.reset(Mode::Enforce);
    let [key, value] = [size_of::<FlowKey>(), size_of::<Flow>()];
    let flows = Map::hash(key as u32, value as u32, capacity)?;
    for number in 0..count {
        let (key, flow) = flow::entry(number);
        tracker.flows.enter(&key, &flow);
        sit(&mut tracker, &key);
        flows.update(bytemuck::bytes_of(&key), bytemuck::bytes_of(&flow))?;
    }
    let frame_length = flow::segment(0).frame().len();
    let empty = program::empty()?;
    let tracked = Player::new(tracker.program().fd()?.as_fd(), PACKETS, frame_length)?;
    let untracked = Player::new(empty.descriptor(), PACKETS, frame_length)?;
    let numbers = (0..PACKETS).map(|at| at.wrapping_mul(2_654_435_761) % count);
    let numbers: Vec<u32> = numbers.collect();
    let frames: Vec<_> = numbers.iter().map(|&n| flow::segment(n).frame()).collect();
    tracked.set(&frames)?;
    untracked.set(&frames)?;
    let keys = Map::array(key as u32, PACKETS)?;
    for (at, &number) in (0u32..).zip(&numbers) {
        let (key, _) = flow::entry(number);
        keys.update(&at.to_ne_bytes(), bytemuck::bytes_of(&key))?;
    }
    let position = Map::array(8, 1)?;
    let bare = program::lookup(&position, &keys, PACKETS, &flows)?;
    Ok(Row {
        count,
        tracker,
        tracked,
        untracked,
        bare,
        _maps: [flows, keys, position],
    })
}

/// Has a flow sit down as its first segment would, if the seat is free: flows that never had one would leave
/// theirs to others.
fn sit(tracker: &mut Tracker, key: &FlowKey) {
    let mut seat = tracker.flows.seat(key);
    if seat.taken == 0 {
        (seat.taken, seat.ends, seat.tick) = (1, (*key).into(), 1);
        seat.until = u64::MAX;
        tracker.flows.set_seat(key, &seat);
    }
}
