//! Where the kernel comes in: one function for each hook.

use aya_ebpf::{bindings::xdp_action, macros::xdp, programs::XdpContext};

use crate::{
    frame::XdpFrame,
    verdict::{self, Verdict},
};

/// Every frame that comes in by a named interface.
#[xdp]
pub fn ftp_track_xdp(context: XdpContext) -> u32 {
    match verdict::decide(XdpFrame::new(&context)) {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => xdp_action::XDP_DROP,
    }
}
