//! Where the kernel comes in: one function for each hook.

use aya_ebpf::{
    bindings::{TC_ACT_SHOT, TC_ACT_UNSPEC, xdp_action},
    macros::{classifier, socket_filter, xdp},
    programs::{SkBuffContext, TcContext, XdpContext},
};

use crate::{
    bypass,
    door::Door,
    frame::XdpFrame,
    mark, related,
    skb::SkbFrame,
    verdict::{self, Verdict},
};

/// Every frame that comes in by a named interface; also one of several pieces, as it is with a
/// large MTU.
#[xdp(frags)]
pub fn ftp_track_xdp(context: XdpContext) -> u32 {
    let frame = XdpFrame::new(&context);
    match verdict::decide(frame, Door::incoming) {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Related => bypass::frame::forward(frame),
        Verdict::Drop => xdp_action::XDP_DROP,
    }
}

/// Every packet that comes in by a named interface where XDP does not fit, or where it gets a mark.
/// What passes goes on to whatever program is next.
#[classifier]
pub fn ftp_track_tc_ingress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    let verdict = verdict::decide(frame, Door::incoming);
    if verdict == Verdict::Drop {
        return TC_ACT_SHOT;
    }
    mark::set(frame, verdict == Verdict::Related);
    if verdict == Verdict::Related {
        return bypass::redirect::forward(frame);
    }
    TC_ACT_UNSPEC
}

/// Every packet that XDP has let through where admitted data connections bypass the firewall: those
/// that could not be sent as frames.
#[classifier]
pub fn ftp_track_tc_forward(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    if verdict::is_related(frame, Door::incoming) {
        return bypass::redirect::forward(frame);
    }
    TC_ACT_UNSPEC
}

/// Every packet that leaves by a named interface: what this machine says as an FTP client or server
/// itself. Nothing is dropped here.
#[classifier]
pub fn ftp_track_tc_egress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    verdict::decide(frame, Door::outgoing);
    TC_ACT_UNSPEC
}

/// Whether a packet belongs to an admitted data connection: for `iptables -m bpf --object-pinned`.
#[socket_filter]
pub fn ftp_track_related(context: SkBuffContext) -> i64 {
    related::is_related(SkbFrame::of(&context)) as i64
}
