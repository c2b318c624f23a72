//! Carries frames over a cut wire.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ftp_track_tests::lab::{Port, Wire};

use super::mangler::{Mangler, Tally};

/// How long it waits for a frame before it looks whether it is to stop.
const LONGEST: Duration = Duration::from_millis(20);

/// When a frame goes on, its number, by which side, and its bytes.
type Waiting = Reverse<(Instant, u64, usize, Vec<u8>)>;

/// A thread that carries frames. Dropping it stops that.
pub struct Carrier {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Tally>>,
}

impl Carrier {
    /// Starts carrying, with what `mangler` does to the frames.
    pub fn start(wire: &Wire, mangler: Mangler) -> Self {
        let ports = wire.ports().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || carry(&ports, mangler, &stopped));
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Stops, and says what was done to the frames.
    pub fn stop(mut self) -> Tally {
        self.stop.store(true, Relaxed);
        let thread = self.thread.take().expect("it is stopped once");
        thread.join().expect("the carrier does not panic")
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn carry(ports: &[Port; 2], mut mangler: Mangler, stop: &AtomicBool) -> Tally {
    let mut waiting: BinaryHeap<Waiting> = BinaryHeap::new();
    let mut number = 0u64;
    let mut buffer = vec![0; 65_536];
    while !stop.load(Relaxed) {
        let next = waiting.peek().map(|Reverse((due, ..))| *due);
        let left = next.map(|due| due.saturating_duration_since(Instant::now()));
        Port::wait(ports, left.map_or(LONGEST, |left| left.min(LONGEST)));
        for (side, port) in ports.iter().enumerate() {
            while let Some(length) = port.receive(&mut buffer) {
                for (delay, frame) in mangler.pass(side, buffer[..length].to_vec()) {
                    let due = Instant::now() + Duration::from_millis(delay as u64);
                    number += 1;
                    waiting.push(Reverse((due, number, 1 - side, frame)));
                }
            }
        }
        while let Some(Reverse((due, ..))) = waiting.peek() {
            if *due > Instant::now() {
                break;
            }
            let Some(Reverse((_, _, side, frame))) = waiting.pop() else {
                break;
            };
            ports[side].send(&frame);
        }
    }
    mangler.tally
}
