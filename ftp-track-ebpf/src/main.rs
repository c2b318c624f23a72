//! The kernel programs of ftp-track: one entry for each hook, one engine behind all of them.
//!
//! A packet's way: [`frame`] → [`packet`] → [`control`] (segments of control connections, read by
//! [`reading`]) or [`data`] (everything else) → [`verdict`].
#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![cfg_attr(
    target_arch = "bpf",
    feature(asm_experimental_arch),
    expect(unstable_features, reason = "atomic instructions need assembly on bpf")
)]

mod admission;
mod checksum;
mod clock;
mod control;
mod counter;
mod data;
mod effect;
mod ethernet;
mod frame;
mod lock;
mod map;
mod opaque;
mod packet;
mod reading;
mod report;
mod scratch;
mod tcp;
mod verdict;

use aya_ebpf::{bindings::xdp_action, macros::xdp, programs::XdpContext};

use crate::{frame::XdpFrame, verdict::Verdict};

/// Every frame that comes in by a named interface.
#[xdp]
pub fn ftp_track_xdp(context: XdpContext) -> u32 {
    match verdict::decide(XdpFrame::new(&context)) {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => xdp_action::XDP_DROP,
    }
}

/// `bpf_loop`, the ring buffer's helpers and locks are open to programs under any licence; the
/// conntrack functions are not.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(target_arch = "bpf"))]
fn main() {}
