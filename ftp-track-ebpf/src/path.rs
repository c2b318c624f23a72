//! Whether a connection's two sides can be on the wire by which both came in.
//!
//! Who has one wire can send both sides of a control connection by it, in the name of a client and
//! a server elsewhere, and so have ports opened to them. The kernel's routes say where the two are.

use aya_ebpf::bindings::bpf_fib_lookup;
use ftp_track_common::{
    address::Address,
    interface::{Interface, LAYER3, LOCAL, PPPOE, STRICT},
    tuple::SessionKey,
};

use crate::{door, frame::Frame, map::INTERFACES, packet::Packet};

/// Linux address families (linux/socket.h).
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// TCP's protocol number.
const TCP: u8 = 6;
/// There is a route (linux/bpf.h: `BPF_FIB_LKUP_RET_SUCCESS`).
const ROUTED: i64 = 0;
/// There is no route (`BPF_FIB_LKUP_RET_NOT_FWDED`).
const NO_ROUTE: i64 = 4;
/// There is a route, to a neighbour whose link address is not known (`BPF_FIB_LKUP_RET_NO_NEIGH`).
const NO_NEIGHBOUR: i64 = 7;
/// Where there is no route, the answer's number in place of an interface.
const NOWHERE: u32 = 1 << 30;
/// Ask for the routes of one way out only (`BPF_FIB_LOOKUP_OUTPUT`).
const BY: u32 = 2;

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
    // SAFETY: the structure is made of numbers, for which zero is a value.
    let mut question: bpf_fib_lookup = unsafe { core::mem::zeroed() };
    question.l4_protocol = TCP;
    question.ifindex = interface;
    // No field is read but the one that the family says.
    if to.is_v4() {
        question.family = AF_INET;
        question.__bindgen_anon_3.ipv4_src = from.words()[3];
        question.__bindgen_anon_4.ipv4_dst = to.words()[3];
    } else {
        question.family = AF_INET6;
        question.__bindgen_anon_3.ipv6_src = *from.words();
        question.__bindgen_anon_4.ipv6_dst = *to.words();
    }
    let answer = frame.route(&mut question, 0);
    if answer != ROUTED && answer != NO_NEIGHBOUR {
        return NOWHERE | answer as u32;
    }
    let index = question.ifindex;
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
    let source = to.words()[3];
    // SAFETY: the structure is made of numbers, for which zero is a value.
    let mut question: bpf_fib_lookup = unsafe { core::mem::zeroed() };
    question.l4_protocol = TCP;
    question.family = AF_INET;
    question.ifindex = here.index;
    question.__bindgen_anon_3.ipv4_src = from.words()[3];
    question.__bindgen_anon_4.ipv4_dst = source;
    let answer = frame.route(&mut question, 0);
    if answer != ROUTED && answer != NO_NEIGHBOUR {
        return false;
    }
    let index = question.ifindex;
    let Some(back) = door::of(index) else {
        return false;
    };
    if back.identity == here.identity {
        return false;
    }
    // SAFETY: every member of the union is made of integers.
    let is_neighbour = unsafe { question.__bindgen_anon_4.ipv4_dst } == source && !back.has(LAYER3);
    question.ifindex = here.index;
    question.family = AF_INET;
    question.__bindgen_anon_3.ipv4_src = from.words()[3];
    question.__bindgen_anon_4.ipv4_dst = source;
    let answer = frame.route(&mut question, BY);
    if answer == NO_ROUTE {
        return true;
    }
    // SAFETY: as above.
    let by_gateway = unsafe { question.__bindgen_anon_4.ipv4_dst } != source;
    (answer == ROUTED || answer == NO_NEIGHBOUR) && is_neighbour && by_gateway
}
