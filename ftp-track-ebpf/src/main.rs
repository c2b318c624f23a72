//! The kernel programs of ftp-track: one entry for each hook, one engine behind all of them.
//!
//! Most packets are seen through at a [`glance`]: they are nobody's, or nothing changes by them. The
//! way of all others: [`frame`] → [`packet`] → [`control`] (segments of control connections, read
//! by [`reading`]) or [`data`] (everything else) → [`verdict`].
#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![cfg_attr(
    target_arch = "bpf",
    feature(asm_experimental_arch),
    expect(unstable_features, reason = "atomic instructions need assembly on bpf")
)]
#![allow(
    clippy::needless_borrows_for_generic_args,
    reason = "a key that is passed by value is copied on a stack of 512 bytes"
)]

mod admission;
mod attempt;
mod barred;
mod bypass;
mod checksum;
mod client;
mod clock;
mod conntrack;
mod control;
mod copy;
mod counter;
mod data;
mod door;
mod effect;
#[allow(
    missing_docs,
    reason = "the entry macros wrap each documented function in one of their own"
)]
mod entry;
mod ethernet;
mod feed;
mod fib;
mod frame;
mod glance;
mod history;
mod janitor;
mod kept;
mod kernel;
mod lock;
mod map;
mod mark;
mod opaque;
mod opening;
mod packet;
mod path;
mod piece;
mod reading;
mod related;
mod report;
mod rule;
mod scratch;
mod seat;
mod sight;
mod skb;
mod tcp;
mod verdict;

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
