//! Where the kernel comes in: one function for each hook.

use aya_ebpf::{
    bindings::{TC_ACT_SHOT, TC_ACT_UNSPEC, xdp_action},
    macros::{classifier, xdp},
    programs::{TcContext, XdpContext},
};

use crate::{
    door::Door,
    frame::XdpFrame,
    skb::SkbFrame,
    verdict::{self, Verdict},
};

/// Every frame that comes in by a named interface.
#[xdp]
pub fn ftp_track_xdp(context: XdpContext) -> u32 {
    let frame = XdpFrame::new(&context);
    match verdict::decide(frame, Door::incoming(frame)) {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => xdp_action::XDP_DROP,
    }
}

/// Every packet that comes in by a named interface where XDP does not fit. What passes goes on to
/// whatever program is next.
#[classifier]
pub fn ftp_track_tc_ingress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    match verdict::decide(frame, Door::incoming(frame)) {
        Verdict::Pass => TC_ACT_UNSPEC,
        Verdict::Drop => TC_ACT_SHOT,
    }
}

/// Every packet that leaves by a named interface: what this machine says as an FTP client or server
/// itself. Nothing is dropped here.
#[classifier]
pub fn ftp_track_tc_egress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    verdict::decide(frame, Door::outgoing(frame));
    TC_ACT_UNSPEC
}
