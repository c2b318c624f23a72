//! Packets for programs at TC, with what the kernel says of them beside their bytes.

use aya::{TestRun as _, TestRunOptions, programs::SchedClassifier};

use super::frame;
use super::tracker::{TC_ACT_SHOT, TC_ACT_UNSPEC, Verdict};

/// Words of `struct __sk_buff` (linux/bpf.h), and the places of some.
const WORDS: usize = 48;
const MARK: usize = 2;
const INGRESS_IFINDEX: usize = 9;
const IFINDEX: usize = 10;
const GSO_SEGS: usize = 41;
const GSO_SIZE: usize = 44;

/// What the kernel says of a packet.
#[derive(Clone, Copy, Default)]
pub struct Skb {
    /// Where it is seen.
    pub interface: u32,
    /// Where it came in; 0 when it was made on this machine.
    pub came_by: u32,
    /// Length of the segments it was joined from, or will be cut into; 0 when it is one.
    pub gso_size: u32,
    /// The mark it bears.
    pub mark: u32,
}

impl Skb {
    /// One that comes in by `interface`.
    pub fn incoming(interface: u32) -> Self {
        Self {
            interface,
            came_by: interface,
            ..Self::default()
        }
    }

    /// One that leaves by `interface`, and came in by `came_by`.
    pub fn outgoing(interface: u32, came_by: u32) -> Self {
        Self {
            interface,
            came_by,
            ..Self::default()
        }
    }

    /// What a program is told with the packet.
    pub fn context(self) -> [u32; WORDS] {
        let mut context = [0u32; WORDS];
        context[MARK] = self.mark;
        context[INGRESS_IFINDEX] = self.came_by;
        context[IFINDEX] = self.interface;
        context[GSO_SIZE] = self.gso_size;
        context[GSO_SEGS] = (self.gso_size != 0).into();
        context
    }

    /// Runs `program`; gives its action, and what it made of the frame.
    pub fn forward(self, program: &SchedClassifier, frame: &[u8]) -> (u32, Vec<u8>) {
        frame::forward(|options| program.test_run(options), &self.context(), frame)
    }

    /// Runs `program`; gives the verdict and the mark that the packet bears then.
    pub fn run(self, program: &SchedClassifier, frame: &[u8]) -> (Verdict, u32) {
        let context = self.context();
        let mut after = [0u32; WORDS];
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ctx_out: Some(bytemuck::cast_slice_mut(&mut after)),
            ..TestRunOptions::default()
        };
        let result = program
            .test_run(options)
            .unwrap_or_else(|error| panic!("{} bytes: {error:?}", frame.len()));
        let verdict = match result.return_value {
            TC_ACT_UNSPEC => Verdict::Pass,
            TC_ACT_SHOT => Verdict::Drop,
            other => panic!("verdict {other}"),
        };
        (verdict, after[MARK])
    }
}
