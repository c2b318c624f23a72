//! The kernel's own conntrack entry for an expected data connection.
//!
//! With the entry in the table before netfilter sees the SYN, and marked as one that was answered, a
//! firewall takes the whole connection for established. `IPS_EXPECTED` cannot be set, so it is not
//! `related`; and there is no way to set labels or the master.

use ftp_track_common::{
    flow::Flow,
    kfunc::{CLOSE, HELPER, NAT, SEEN_REPLY, TIME_WAIT},
    reason::Reason,
    tuple::{FlowKey, SessionKey, Tuple},
};

use crate::{
    counter::count,
    kernel::{self, Caller, SockTuple},
    map::FLOWS,
    scratch,
};

/// How long the entry waits for netfilter to see the SYN, which is on its way there. Conntrack sets
/// its own timeout then. Where nothing uses conntrack, the entry is gone soon.
const WAIT: u32 = 5_000;

/// Makes the entry for the packet that the calling program has admitted, and counts what came of it.
#[inline(always)]
pub fn enter(caller: &Caller) {
    let Some(packet) = scratch::packet() else {
        return;
    };
    let (key, _) = FlowKey::of(&packet.tuple);
    // SAFETY: the master of a flow never changes.
    let Some(flow) = (unsafe { FLOWS.get(&key) }) else {
        count(Reason::ConntrackFailed);
        return;
    };
    count(make(caller, &packet.tuple, flow));
}

#[inline(always)]
fn make(caller: &Caller, tuple: &Tuple, flow: &Flow) -> Reason {
    let tuple = SockTuple::new(
        &tuple.source,
        &tuple.destination,
        tuple.source_port,
        tuple.destination_port,
        tuple.zone,
    );
    if is_taken(caller, &tuple) {
        return Reason::ConntrackExists;
    }
    let (mark, status) = mark_and_status(caller, &flow.master);
    if status & NAT != 0 {
        return Reason::ConntrackTranslated;
    }
    // The helper expects this connection too, and keeps its expectation until a new connection takes
    // it. One that stays makes the helper drop the announcement of the same port in another session,
    // again and again (help() in nf_conntrack_ftp.c, EALREADY and EBUSY of nf_ct_expect_related). If
    // the firewall does not let the helper's connection pass, its SYN comes again.
    if status & HELPER != 0 && flow.packets[0] <= 1 {
        return Reason::ConntrackHelped;
    }
    let new = kernel::alloc(caller, &tuple);
    if new.is_null() {
        return Reason::ConntrackFailed;
    }
    kernel::set_timeout(new, WAIT);
    kernel::set_status(new, SEEN_REPLY);
    kernel::set_mark(new, mark);
    let entry = kernel::insert(new);
    if entry.is_null() {
        return Reason::ConntrackFailed;
    }
    kernel::release(entry);
    Reason::ConntrackMade
}

/// Whether there is an entry already. One that has ended gives way: on its SYN conntrack itself
/// would replace it by a new one (nf_conntrack_proto_tcp.c), which the firewall refuses.
#[inline(always)]
fn is_taken(caller: &Caller, tuple: &SockTuple) -> bool {
    let entry = kernel::lookup(caller, tuple);
    if entry.is_null() {
        return false;
    }
    let state = kernel::tcp_state(entry);
    if state != TIME_WAIT && state != CLOSE {
        kernel::release(entry);
        return true;
    }
    kernel::expire(entry);
    kernel::release(entry);
    // Conntrack removes what has expired when it comes across it.
    let entry = kernel::lookup(caller, tuple);
    if entry.is_null() {
        return false;
    }
    kernel::release(entry);
    true
}

/// The mark of the control connection, as a helper's expectation would pass it on, and its status;
/// both 0 where conntrack does not know the connection (notrack, or a zone that is not
/// ours).
#[inline(always)]
fn mark_and_status(caller: &Caller, master: &SessionKey) -> (u32, u32) {
    let tuple = SockTuple::new(
        &master.client,
        &master.server,
        master.client_port,
        master.server_port,
        master.zone,
    );
    let entry = kernel::lookup(caller, &tuple);
    if entry.is_null() {
        return (0, 0);
    }
    let both = (kernel::mark(entry), kernel::status(entry));
    kernel::release(entry);
    both
}
