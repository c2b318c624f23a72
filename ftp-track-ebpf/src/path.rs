//! Whether a connection's two sides can be on the wire by which both came in.
//!
//! Who has one wire can send both sides of a control connection by it, in the name of a client and
//! a server elsewhere, and so have ports opened to them. The kernel's routes say where the two are.

use aya_ebpf::bindings::bpf_fib_lookup;
use ftp_track_common::{
    address::Address,
    interface::{Interface, LOCAL, PPPOE},
    tuple::SessionKey,
};

use crate::{frame::Frame, map::INTERFACES};

/// Linux address families (linux/socket.h).
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// TCP's protocol number.
const TCP: u8 = 6;
/// There is a route (linux/bpf.h: `BPF_FIB_LKUP_RET_SUCCESS`).
const ROUTED: i64 = 0;
/// There is a route, to a neighbour whose link address is not known (`BPF_FIB_LKUP_RET_NO_NEIGH`).
const NO_NEIGHBOUR: i64 = 7;
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
    let answer = frame.route(&mut question);
    if answer != ROUTED && answer != NO_NEIGHBOUR {
        return NOWHERE | answer as u32;
    }
    let index = question.ifindex;
    match INTERFACES.get(Interface::slot(index)) {
        Some(slot) if slot.index == index => slot.identity,
        _ => index,
    }
}
