//! The mark of packets (`skb->mark`), by which a firewall's rules know what belongs to an admitted
//! data connection.

use crate::{door, frame::Frame as _, skb::SkbFrame};

/// Sets the interface's bits on a packet that is related, and clears them on any other: nobody else
/// may lend them. Other bits stay what they are.
#[inline(always)]
pub fn set(frame: SkbFrame, is_related: bool) {
    let Some(interface) = door::of(frame.interface()) else {
        return;
    };
    let before = frame.mark();
    let bits = if is_related { interface.mark } else { 0 };
    let after = (before & !interface.mask) | (bits & interface.mask);
    if after != before {
        frame.set_mark(after);
    }
}
