//! FTP as its users feel it: logins, and small files one after the other.

mod client;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::server::CONTROL_PORT;
use ftp_track_tests::tracker::TrackerMode;

use crate::cpu;
use crate::gateway::{self, Gateway, Kind};
use crate::sample::Sample;

use client::Client;
pub use client::Steps;

/// The part's name.
pub const PART: &str = "transfer";
const KINDS: [Kind; 9] = [
    Kind::Plain,
    Kind::Empty,
    Kind::Kernel,
    Kind::Tracker(TrackerMode::Conntrack),
    Kind::Tracker(TrackerMode::ConntrackByTc),
    Kind::Tracker(TrackerMode::Bypass),
    Kind::Tracker(TrackerMode::Mark),
    Kind::Tracker(TrackerMode::Enforce),
    Kind::Tracker(TrackerMode::EnforceByTc),
];
/// Control connections in one round of one row.
const LOGINS: usize = 10;
/// Files on each of them. Over all rounds a client stays below the 4096 data connections that
/// ftp-track keeps for it, those that have just ended included.
const FILES: usize = 10;
/// Bytes of each.
const FILE: usize = 1000;

/// Measures.
pub fn run(rounds: u32) -> Result<()> {
    let labs = gateway::labs(KINDS.len())?;
    let gateways = Gateway::start_all(&labs, &KINDS)?;
    for round in 0..=rounds {
        for gateway in &gateways {
            let name = gateway.kind.name();
            let steps = session(gateway.lab, LOGINS, &[FILE; FILES]).with_context(|| name)?;
            for (group, times) in steps.groups() {
                let sample = Sample {
                    part: PART,
                    group,
                    row: name,
                    round,
                    cost: median(times).as_nanos() as f64 / 1000.0,
                    unit: "us",
                };
                sample.write()?;
            }
        }
    }
    Ok(())
}

/// Logs in so many times, and each time downloads files of these lengths. Both ends share a CPU:
/// each works while the other waits, and nobody wakes up another CPU.
pub fn session(lab: &Lab, logins: usize, files: &[usize]) -> Result<Steps> {
    let address = SocketAddr::new(Host::Server.address(Family::V4), CONTROL_PORT);
    let listener = ftp_track_tests::control::listen(
        lab,
        Host::Server,
        SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), CONTROL_PORT),
    )?;
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            lab.namespace(Host::Server).enter(|| -> Result<()> {
                let _precedence = cpu::take(0)?;
                (0..logins).try_for_each(|_| server::serve(&listener))
            })?
        });
        let steps = lab.namespace(Host::Client).enter(|| -> Result<Steps> {
            let _precedence = cpu::take(0)?;
            let mut steps = Steps::default();
            for _ in 0..logins {
                let mut client = Client::log_in(address, &mut steps)?;
                for &bytes in files {
                    client.retrieve(bytes, &mut steps)?;
                }
                client.quit()?;
            }
            Ok(steps)
        })??;
        let served = server.join();
        served.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(steps)
    })
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// How long something takes.
fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    Ok((work()?, start.elapsed()))
}
