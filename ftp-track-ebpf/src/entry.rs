//! Where the kernel comes in: one function for each hook.

use aya_ebpf::{
    EbpfContext as _,
    bindings::{TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_UNSPEC, xdp_action},
    macros::{classifier, socket_filter, xdp},
    programs::{SkBuffContext, TcContext, XdpContext},
};
use ftp_track_common::{kfunc::Kfunc, reason::Reason};

use crate::{
    bypass, conntrack,
    counter::count,
    door::{self, Door},
    frame::XdpFrame,
    glance,
    kernel::Caller,
    map::{TC_CONNTRACK, XDP_CONNTRACK},
    mark, related,
    skb::SkbFrame,
    verdict::{self, Verdict},
};

/// Every frame that comes in by a named interface; also one of several pieces, as it is with a
/// large MTU.
#[xdp(frags)]
pub fn ftp_track_xdp(context: XdpContext) -> u32 {
    let frame = XdpFrame::new(&context);
    if let Some(action) = glance::action(glance::xdp(frame)) {
        return action;
    }
    match verdict::decide(frame, Door::incoming) {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Related => bypass::frame::forward(frame),
        Verdict::Drop => xdp_action::XDP_DROP,
        Verdict::Enter => {
            // SAFETY: nothing here has to be dropped.
            unsafe { XDP_CONNTRACK.tail_call(&context, 0) };
            // Only when there is no program in the array.
            count(Reason::ConntrackFailed);
            xdp_action::XDP_PASS
        }
    }
}

/// Called by [`ftp_track_xdp`] on the SYN of an expected connection. A program of its own, because
/// the loader has to link the kernel's functions that it calls.
#[xdp(frags)]
pub fn ftp_track_conntrack_xdp(context: XdpContext) -> u32 {
    conntrack::enter(&Caller {
        context: context.as_ptr(),
        lookup: Kfunc::XdpLookup,
        alloc: Kfunc::XdpAlloc,
    });
    xdp_action::XDP_PASS
}

/// Every packet that comes in by a named interface where XDP does not fit, or where it gets a mark.
/// What passes goes on to whatever program is next.
#[classifier]
pub fn ftp_track_tc_ingress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    match glance::tc(frame) {
        glance::UNSURE => {}
        glance::SENT => return TC_ACT_REDIRECT,
        glance::LOST => return TC_ACT_SHOT,
        seen => {
            mark::set(frame, seen == glance::RELATED);
            return TC_ACT_UNSPEC;
        }
    }
    let verdict = verdict::decide(frame, Door::incoming);
    if verdict == Verdict::Drop {
        return TC_ACT_SHOT;
    }
    if verdict == Verdict::Enter {
        // SAFETY: nothing here has to be dropped.
        unsafe { TC_CONNTRACK.tail_call(&context, 0) };
        count(Reason::ConntrackFailed);
        return TC_ACT_UNSPEC;
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
    if !glance::is_foreign(frame) && verdict::is_related(frame, Door::incoming) {
        return bypass::redirect::forward(frame);
    }
    TC_ACT_UNSPEC
}

/// As [`ftp_track_conntrack_xdp`], called by [`ftp_track_tc_ingress`].
#[classifier]
pub fn ftp_track_conntrack_tc(context: TcContext) -> i32 {
    conntrack::enter(&Caller {
        context: context.as_ptr(),
        lookup: Kfunc::SkbLookup,
        alloc: Kfunc::SkbAlloc,
    });
    TC_ACT_UNSPEC
}

/// Every packet that leaves by a named interface: what this machine says as an FTP client or server
/// itself. Nothing is dropped here.
#[classifier]
pub fn ftp_track_tc_egress(context: TcContext) -> i32 {
    let frame = SkbFrame::new(&context);
    if !door::was_seen(frame) {
        verdict::decide(frame, Door::outgoing);
    }
    TC_ACT_UNSPEC
}

/// Whether a packet belongs to an admitted data connection: for `iptables -m bpf --object-pinned`.
#[socket_filter]
pub fn ftp_track_related(context: SkBuffContext) -> i64 {
    related::is_related(SkbFrame::of(&context)) as i64
}
