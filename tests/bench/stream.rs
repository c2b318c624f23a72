//! Frames that the server sends through a gateway, and a client that only counts them.

use anyhow::{Context, Result, ensure};
use ftp_track_tests::lab::{Host, WAN};

use crate::bpf::{self, Attached, Counter, Program};
use crate::cpu;
use crate::gateway::{Gateway, Kind, card};
use crate::program;

/// Frames that are sent in one go.
pub const FRAMES: u32 = 100_000;
/// Ethernet and IPv4: what a gateway changes.
const CHANGED: usize = 14 + 20;

/// Frames of one kind.
struct Frames {
    frame: Vec<u8>,
    injector: Program,
}

/// A gateway, and frames that go through it.
pub struct Stream<'a> {
    gateway: Gateway<'a>,
    frames: Vec<Frames>,
    /// The server's interface, which sends.
    interface: u32,
    counter: Counter,
    _sink: Attached,
}

impl<'a> Stream<'a> {
    /// From now on the client's interface only counts.
    pub fn new(mut gateway: Gateway<'a>, frames: Vec<Vec<u8>>) -> Result<Self> {
        let lab = gateway.lab;
        let [from, to] = [
            card(lab, Host::Server, "eth0")?,
            card(lab, Host::Gateway, WAN)?,
        ];
        let address = |mut frame: Vec<u8>| -> Result<Frames> {
            frame[..6].copy_from_slice(&to.address);
            frame[6..12].copy_from_slice(&from.address);
            let injector = program::injector(&frame[..CHANGED])?;
            Ok(Frames { frame, injector })
        };
        let frames = frames.into_iter().map(address).collect::<Result<_>>()?;
        let counter = Counter::new()?;
        let sink = program::sink(&counter)?.attach(lab.namespace(Host::Client), "eth0")?;
        gateway.close()?;
        Ok(Self {
            gateway,
            frames,
            interface: from.index,
            counter,
            _sink: sink,
        })
    }

    /// What stands in the gateway.
    pub fn kind(&self) -> Kind {
        self.gateway.kind
    }

    /// Packets of admitted connections that ftp-track has seen, if it is there.
    pub fn related(&self) -> Result<Option<u64>> {
        let tracker = self.gateway.tracker.as_ref();
        tracker
            .map(|tracker| tracker.counter("related"))
            .transpose()
    }

    /// Sends [`FRAMES`] frames, as many of each of these kinds; nanoseconds for one.
    ///
    /// # Errors
    /// When not all of them arrive.
    pub fn send(&self, kinds: &[usize]) -> Result<f64> {
        let each = FRAMES / kinds.len() as u32;
        let arrived = self.counter.get()?;
        let namespace = self.gateway.lab.namespace(Host::Server);
        let times = namespace.enter(|| -> Result<_> {
            let _precedence = cpu::take(0)?;
            let mut times = 0;
            for &kind in kinds {
                let Frames { frame, injector } = &self.frames[kind];
                times += bpf::inject(injector, frame, self.interface, each)
                    .context("cannot send live frames; they need Linux 5.18")?;
            }
            Ok(times)
        })??;
        let arrived = self.counter.get()? - arrived;
        let sent = u64::from(each) * kinds.len() as u64;
        let expected = if self.kind() == Kind::Drop { 0 } else { sent };
        ensure!(
            arrived.abs_diff(expected) <= sent / 1000,
            "{}: {arrived} of {expected} frames arrived",
            self.kind().name()
        );
        Ok(f64::from(times) / kinds.len() as f64)
    }
}
