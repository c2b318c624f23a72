//! Asks the maps about a packet, and changes nothing that counts.
//!
//! Netfilter runs socket filters in every context, so that one can come between the steps of
//! another program of ours on the same CPU: what it works with is on the stack.

use core::mem::MaybeUninit;

use ftp_track_common::{interface::LOCAL, tuple::FlowKey};

use crate::{
    clock,
    door::{self, Door},
    frame::Frame as _,
    packet::{self, Packet},
    seat,
    skb::SkbFrame,
};

/// Whether a packet, which begins with its IP header, belongs to an admitted data connection.
///
/// The SYN does too: it has passed its door before, where its flow was made.
#[inline(always)]
pub fn is_related(frame: SkbFrame) -> bool {
    let mut packet = MaybeUninit::<Packet>::zeroed();
    // SAFETY: a packet is made of numbers and of booleans, for which zero is a value.
    let packet = unsafe { packet.assume_init_mut() };
    packet.door = Door::asked(LOCAL, zone(frame));
    if packet::read_any(frame, packet) != 0 || packet.first_fragment {
        return false;
    }
    is_known(packet)
}

/// The conntrack zone of the packet: that of the interface by which it came in; of what this machine
/// has made, that of the interface by which it leaves, where netfilter knows that already.
#[inline(always)]
fn zone(frame: SkbFrame) -> u32 {
    let mut index = frame.came_by();
    if index == 0 {
        index = frame.interface();
    }
    door::of(index).map_or(0, |interface| interface.zone as u32)
}

/// Whether there is a flow of the packet's. A function of its own, so that its stack is not below
/// that of reading the packet.
#[inline(never)]
fn is_known(packet: &Packet) -> bool {
    let (key, source_is_low) = FlowKey::of(&packet.tuple);
    let Some(flow) = seat::find(&key) else {
        return false;
    };
    let owned =
        !packet.segment.is_syn() || flow.owns_syn(flow.side(source_is_low), &packet.segment);
    owned && !flow.is_revoked() && !flow.is_expired(clock::now())
}
