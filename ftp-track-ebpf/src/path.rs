//! Whether a connection's two sides can be on the wire by which both came in.
//!
//! Who has one wire can send both sides of a control connection by it, in the name of a client and
//! a server elsewhere, and so have ports opened to them. The kernel's routes say where the two are.

use ftp_track_common::{
    address::Address,
    interface::{Interface, LAYER3, LOCAL, PPPOE, STRICT},
    tuple::SessionKey,
};

use crate::{door, fib::Question, frame::Frame, map::INTERFACES, packet::Packet};

/// Where there is no route, the answer's number in place of an interface.
const NOWHERE: u32 = 1 << 30;

/// Whether both sides came in by `interface`, although they are routed to different ones.
///
/// Where both have no route, or the same one (a gateway with one leg, a mirror port, VLANs on one
/// link), nothing speaks against it.
#[inline(never)]
pub fn is_forged<F: Frame>(frame: F, key: &SessionKey, interface: u32) -> bool {
    if interface == LOCAL || interface == 0 {
        return false;
    }
    let interface = interface & !PPPOE;
    let client = place(frame, &key.client, &key.server, interface);
    let server = place(frame, &key.server, &key.client, interface);
    client != server
}

/// The interface to which packets `from` one side `to` the other are routed, by the identity under
/// which packets from there are known.
#[inline(always)]
fn place<F: Frame>(frame: F, to: &Address, from: &Address, interface: u32) -> u32 {
    let mut question = Question::new(from, to, interface);
    let answer = question.ask(frame);
    if !answer.is_way() {
        return NOWHERE | answer.number() as u32;
    }
    let index = question.interface();
    match INTERFACES.get(Interface::slot(index)) {
        Some(slot) if slot.index == index => slot.identity,
        _ => index,
    }
}

/// Whether the kernel drops a packet because the interface by which it came in does not lead back to
/// its sender, and `rp_filter` is strict there (RFC 3704, 2.2).
///
/// False where that is not certain: a multipath route leads back by several interfaces, and the kernel
/// says one of them. So another one has to have no route to the sender at all, or only one by a
/// gateway while the sender is a neighbour elsewhere.
#[inline(never)]
pub fn is_filtered<F: Frame>(frame: F, packet: &Packet) -> bool {
    let (to, from) = (&packet.tuple.source, &packet.tuple.destination);
    if packet.door.outgoing || packet.segment.interface & PPPOE != 0 || !to.is_v4() {
        return false;
    }
    let Some(here) = door::of(frame.interface()) else {
        return false;
    };
    if !here.has(STRICT) {
        return false;
    }
    let (to, from) = (to.words()[3], from.words()[3]);
    let mut question = Question::v4(from, to, here.index);
    if !question.ask(frame).is_way() {
        return false;
    }
    let Some(back) = door::of(question.interface()) else {
        return false;
    };
    if back.identity == here.identity {
        return false;
    }
    let is_neighbour = question.next_v4() == to && !back.has(LAYER3);
    let mut question = Question::v4(from, to, here.index);
    let answer = question.ask_out(frame);
    answer.is_no_route() || answer.is_way() && is_neighbour && question.next_v4() != to
}
