//! From an expectation to a flow.

use ftp_track_common::{
    event::EventKind,
    expectation::Expectation,
    flow::Flow,
    reason::Reason,
    tuple::{ExpectationKey, FlowKey},
};

use crate::{
    counter::count,
    data::tell,
    lock::Locked,
    map::{EXPECTATIONS, FLOWS, SESSIONS},
    packet::Packet,
    scratch,
};

/// Lets a SYN use the expectation that waits for it, and makes the flow. False when none does.
///
/// The session has the last word: the expectation counts only while its master, under its lock,
/// says that it is armed. So it cannot be used twice, nor outlive its control connection.
#[inline(always)]
pub fn admit(packet: &Packet, key: &FlowKey, source_is_low: bool, now: u64) -> bool {
    let place = ExpectationKey::of_syn(&packet.tuple);
    // SAFETY: values of this map never change after they were inserted.
    let Some(expectation) = (unsafe { EXPECTATIONS.get(&place) }) else {
        return false;
    };
    if let Err(reason) = take(expectation, now) {
        count(reason);
        return false;
    }
    let Some(flow) = scratch::flow() else {
        return false;
    };
    flow.open(expectation, source_is_low, &packet.segment, now);
    flow.packets[0] = 1;
    flow.bytes[0] = packet.length as u64;
    if FLOWS.insert(key, &*flow, 0).is_err() {
        count(Reason::FlowsFull);
        give_back(flow, now);
        return false;
    }
    count(Reason::Expected);
    tell(
        EventKind::ExpectationUsed,
        &packet.tuple,
        flow,
        Reason::Used,
        now,
    );
    tell(
        EventKind::FlowNew,
        &packet.tuple,
        flow,
        Reason::Expected,
        now,
    );
    true
}

#[inline(always)]
fn take(expectation: &Expectation, now: u64) -> Result<(), Reason> {
    let entry = SESSIONS
        .get_ptr_mut(&expectation.master)
        .ok_or(Reason::MasterGone)?;
    let (id, session) = (expectation.id, expectation.session);
    // SAFETY: the entry is a live map value.
    let mut master = unsafe { Locked::new(entry) };
    if master.id != session || master.ended != 0 {
        return Err(Reason::MasterGone);
    }
    master.conversation.pending.take(id, now)?;
    master.seen = now;
    Ok(())
}

/// The data connection was refused before it was established: its expectation may be used again.
#[inline(always)]
pub fn give_back(flow: &Flow, now: u64) {
    let Some(entry) = SESSIONS.get_ptr_mut(&flow.master) else {
        return;
    };
    let (id, session) = (flow.expectation, flow.session);
    // SAFETY: the entry is a live map value.
    let mut master = unsafe { Locked::new(entry) };
    if master.id == session && master.ended == 0 {
        master.conversation.pending.rearm(id, now);
    }
}
