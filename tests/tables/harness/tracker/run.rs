//! Frames and packets in, what the programs say out.

use aya::{
    TestRun, TestRunOptions,
    programs::{ProgramError, SchedClassifier, SocketFilter, Xdp},
};
use ftp_track::kernel;

use super::{
    super::{frame, skb::Skb},
    Door, Tracker,
};

const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;

/// What the program says of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes its way.
    Pass,
    /// It is dropped.
    Drop,
}

impl Tracker {
    /// Gives the program a frame that comes in by `interface`.
    pub fn run(&self, frame: &[u8], interface: u32) -> Verdict {
        match self.door {
            Door::Xdp => self.run_xdp(frame, interface),
            Door::Tc => self.run_ingress(frame, Skb::incoming(interface)),
        }
    }

    /// Gives the program at TC ingress a packet.
    pub fn run_ingress(&self, frame: &[u8], skb: Skb) -> Verdict {
        let program = self.classifier(kernel::TC_INGRESS_PROGRAM);
        skb.run(program, frame).0
    }

    /// Gives the program at TC ingress a packet: its action, and what it made of the frame.
    pub fn redirect(&self, frame: &[u8], skb: Skb) -> (u32, Vec<u8>) {
        skb.forward(self.classifier(kernel::TC_INGRESS_PROGRAM), frame)
    }

    /// The mark that a packet bears after the program at TC ingress.
    pub fn mark(&self, frame: &[u8], skb: Skb) -> u32 {
        let program = self.classifier(kernel::TC_INGRESS_PROGRAM);
        skb.run(program, frame).1
    }

    /// What the socket filter says of an IP packet.
    pub fn is_related(&self, packet: &[u8]) -> bool {
        self.is_related_at(packet, Skb::default())
    }

    /// As [`Tracker::is_related`], of a packet at some interface.
    pub fn is_related_at(&self, packet: &[u8], skb: Skb) -> bool {
        let context = skb.context();
        let program = self.ebpf.program(kernel::RELATED_PROGRAM);
        let program: &SocketFilter = program
            .expect("the program")
            .try_into()
            .expect("a socket filter");
        // The kernel takes an Ethernet header off before it runs a socket filter by hand.
        let frame = frame::ethernet(
            packet.first().map_or(0, |first| match first >> 4 {
                6 => frame::IPV6,
                _ => frame::IPV4,
            }),
            packet,
        );
        let options = TestRunOptions {
            data_in: Some(&frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ..TestRunOptions::default()
        };
        let result = program.test_run(options).expect("a run");
        result.return_value != 0
    }

    /// Gives the program at TC egress a packet that leaves by `skb.interface`.
    pub fn run_egress(&self, frame: &[u8], skb: Skb) -> Verdict {
        let program = self.classifier(kernel::TC_EGRESS_PROGRAM);
        skb.run(program, frame).0
    }

    fn run_xdp(&self, frame: &[u8], interface: u32) -> Verdict {
        self.run_pieces(frame, frame.len(), interface)
            .unwrap_or_else(|error| {
                panic!(
                    "{} bytes from interface {interface}: {error:?}",
                    frame.len()
                )
            })
    }

    /// Gives the program at XDP a frame of which `first` bytes lie in the first piece. Kernels
    /// before 6.18 refuse that.
    pub fn run_pieces(
        &self,
        frame: &[u8],
        first: usize,
        interface: u32,
    ) -> Result<Verdict, ProgramError> {
        let context = context(first, interface);
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ..TestRunOptions::default()
        };
        let result = self.program().test_run(options)?;
        match result.return_value {
            XDP_DROP => Ok(Verdict::Drop),
            XDP_PASS => Ok(Verdict::Pass),
            other => panic!("verdict {other}"),
        }
    }

    /// Gives the program at XDP a frame: its action, and what it made of the frame.
    pub fn forward(&self, frame: &[u8], interface: u32) -> (u32, Vec<u8>) {
        let context = context(frame.len(), interface);
        frame::forward(|options| self.program().test_run(options), &context, frame)
    }

    /// The program at XDP.
    pub fn program(&self) -> &Xdp {
        let program = self.ebpf.program(kernel::XDP_PROGRAM).expect("the program");
        program.try_into().expect("an XDP program")
    }

    /// The program called `name`, at a TC hook.
    pub fn classifier(&self, name: &str) -> &SchedClassifier {
        let program = self.ebpf.program(name).expect("the program");
        program.try_into().expect("a program for TC")
    }
}

/// What a program at XDP is told with a frame of which `first` bytes lie in the first piece: struct
/// xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex.
fn context(first: usize, interface: u32) -> [u32; 6] {
    [0, first as u32, 0, interface, 0, 0]
}
