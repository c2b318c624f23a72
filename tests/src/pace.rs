//! A paced stream of numbered datagrams through the gateway, to count what is lost.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};

use crate::lab::{Family, Host, Lab};

/// Between two bursts.
const PACE: Duration = Duration::from_millis(1);
/// Datagrams in a burst.
const BURST: u64 = 4;
/// Room for what comes while the receiver has no CPU: what it would lose for want of a buffer says
/// nothing about the gateway.
const BUFFER: usize = 64 << 20;
/// How long the receiver waits for more when the sender has ended.
const SILENCE: Duration = Duration::from_millis(500);

/// What became of the datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// Datagrams that were sent.
    pub sent: u64,
    /// Datagrams that arrived.
    pub arrived: u64,
}

impl Delivery {
    /// Datagrams that did not arrive.
    pub fn lost(self) -> u64 {
        self.sent - self.arrived
    }
}

/// Sends datagrams from the client to the server, four every millisecond, until `end` is set.
pub fn run(lab: &Lab, family: Family, end: &AtomicBool) -> Result<Delivery> {
    let bind = |host: Host| {
        let address = SocketAddr::new(host.address(family), 0);
        lab.namespace(host).enter(|| UdpSocket::bind(address))
    };
    let receiver = bind(Host::Server)??;
    let sender = bind(Host::Client)??;
    let target = receiver.local_addr()?;
    receiver.set_read_timeout(Some(SILENCE))?;
    setsockopt(&receiver, RcvBufForce, &BUFFER)?;
    // A sender that does not get to run for a while has not ended.
    let all_sent = AtomicBool::new(false);
    thread::scope(|scope| {
        let receiving = scope.spawn(|| {
            let mut arrived = 0;
            loop {
                let is_last = all_sent.load(Ordering::Acquire);
                match receiver.recv(&mut [0; 16]) {
                    Ok(_) => arrived += 1,
                    Err(_) if is_last => return arrived,
                    Err(_) => {}
                }
            }
        });
        let mut sent: u64 = 0;
        while !end.load(Ordering::Relaxed) {
            for _ in 0..BURST {
                // However it ends, the receiver has to end too.
                let done = sender.send_to(&sent.to_be_bytes(), target);
                done.inspect_err(|_| all_sent.store(true, Ordering::Release))?;
                sent += 1;
            }
            thread::sleep(PACE);
        }
        all_sent.store(true, Ordering::Release);
        let arrived = receiving
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Delivery { sent, arrived })
    })
}

/// TCP segments that a host has sent again, since its namespace was made.
pub fn retransmissions(lab: &Lab, host: Host) -> Result<u64> {
    let text = lab
        .namespace(host)
        .enter(|| std::fs::read_to_string("/proc/thread-self/net/snmp"))??;
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, values) = (lines.next(), lines.next());
    let names = names.unwrap_or_default().split(' ');
    let values = values.unwrap_or_default().split(' ');
    let found = names.zip(values).find(|(name, _)| *name == "RetransSegs");
    let (_, value) = found.ok_or_else(|| anyhow::anyhow!("no RetransSegs in {text}"))?;
    Ok(value.parse()?)
}
