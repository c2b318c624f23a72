//! How long the kernel's timer that cleans the maps keeps a CPU.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use ftp_track_tests::lab::{Family, Host, Lab};

use crate::cpu;

/// How long a CPU is watched at a time; the kernel gives others their turn after 0.95 seconds.
const WATCH: Duration = Duration::from_millis(900);
/// The pause behind it.
const PAUSE: Duration = Duration::from_millis(200);
/// How often. Each of the three maps is looked through every 1.5 seconds.
const TIMES: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts it: a connection to the control port does.
pub fn start(lab: &Lab) -> Result<()> {
    let server = SocketAddr::new(Host::Server.address(Family::V4), 21);
    // Nobody listens.
    let connect = || drop(TcpStream::connect_timeout(&server, PATIENCE));
    lab.namespace(Host::Client).enter(connect)
}

/// The longest time for which a thread that comes before all others did not run, on any CPU.
pub fn longest() -> Result<Duration> {
    let cpus = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let watchers: Vec<_> = (0..cpus)
            .map(|cpu| scope.spawn(move || watch(cpu)))
            .collect();
        let longest = watchers.into_iter().map(|watcher| {
            let joined = watcher.join();
            joined.map_err(|_| anyhow!("a watcher has panicked"))?
        });
        let longest = longest.collect::<Result<Vec<Duration>>>()?;
        Ok(longest.into_iter().max().unwrap_or_default())
    })
}

fn watch(cpu: usize) -> Result<Duration> {
    let mut longest = Duration::ZERO;
    for _ in 0..TIMES {
        let precedence = cpu::take(cpu)?;
        let start = Instant::now();
        let mut before = start;
        while before.duration_since(start) < WATCH {
            let now = Instant::now();
            longest = longest.max(now.duration_since(before));
            before = now;
        }
        drop(precedence);
        thread::sleep(PAUSE);
    }
    Ok(longest)
}
