//! From an expectation to a flow.

use aya_ebpf::bindings::BPF_NOEXIST;
use ftp_track_common::{
    address::Address,
    client::Share,
    config::Config,
    event::EventKind,
    expectation::{Expectation, ExpectationKind},
    flow::Flow,
    invitation::PATIENCE,
    reason::Reason,
    request::THIRD,
    rule::Rule,
    tuple::{ExpectationKey, FlowKey},
};

use crate::{
    attempt, checksum, client,
    counter::{count, count_number},
    data::tell,
    frame::Frame,
    lock::Locked,
    map::{EXPECTATIONS, FLOWS, SESSIONS},
    opaque::opaque,
    packet::Packet,
    path, rule, scratch, seat,
};

/// Lets a SYN use the expectation that waits for it, and makes the flow. False when none does.
///
/// The session has the last word: the expectation counts only while its master, under its lock,
/// says that it is armed. So it cannot be used twice, nor outlive its control connection.
#[inline(always)]
pub fn admit<F: Frame>(
    frame: F,
    packet: &Packet,
    key: &FlowKey,
    source_is_low: bool,
    config: &Config,
    now: u64,
) -> bool {
    let mut place = ExpectationKey::of_syn(&packet.tuple);
    let Some(expectation) = find(&mut place, config) else {
        attempt::judge(Reason::Unexpected, 0, 0);
        return false;
    };
    if let Err(reason) = is_accepted(frame, packet) {
        count(reason);
        attempt::judge(reason, expectation.session, expectation.id);
        return false;
    }
    let Some(flow) = scratch::flow() else {
        return false;
    };
    let made = expectation.id;
    // Before it is taken: one that was made by hand is gone after that.
    flow.open(expectation, made, source_is_low, &packet.segment, now);
    let (id, kind, rule) = match take(&place, expectation, packet, config, now) {
        Ok(taken) => taken,
        Err(reason) => {
            let reason = opaque(reason, now);
            count_number(reason);
            attempt::refuse(reason, flow.session, made);
            return false;
        }
    };
    flow.expectation = id;
    flow.kind = kind;
    flow.idle = rule.flow_idle;
    flow.binding = scratch::binding().copied().unwrap_or_default();
    flow.packets[0] = 1;
    flow.bytes[0] = packet.length as u64;
    if made != id {
        confirm(&place, expectation, id, kind);
    }
    if let Err(reason) = enter(key, flow, rule) {
        count(reason);
        attempt::judge(reason, flow.session, id);
        give_back(flow, now);
        return false;
    }
    count(Reason::Expected);
    if is_third(packet, &flow.master.client, kind) {
        count(Reason::ThirdHost);
    }
    attempt::judge(Reason::Expected, flow.session, id);
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

/// Whether the SYN arrives: it would use the expectation up, and the one that arrives would come too
/// late.
#[inline(always)]
fn is_accepted<F: Frame>(frame: F, packet: &Packet) -> Result<(), Reason> {
    if !checksum::is_right(frame, packet) {
        Err(Reason::BadChecksum)
    } else if path::is_filtered(frame, packet) {
        Err(Reason::ReversePath)
    } else {
        Ok(())
    }
}

/// The expectation at `place`; or, where third hosts are permitted, one that does not say who
/// connects, whose place it then is.
#[inline(always)]
fn find(place: &mut ExpectationKey, config: &Config) -> Option<&'static Expectation> {
    // SAFETY: values of this map never change after they were inserted.
    let found = unsafe { EXPECTATIONS.get(&*place) };
    if found.is_some() || config.third_hosts == 0 {
        return found;
    }
    place.initiator = Address::default();
    // SAFETY: as above.
    unsafe { EXPECTATIONS.get(&*place) }
}

/// Whether the client is neither end of a data connection that may be with a third host.
#[inline(always)]
fn is_third(packet: &Packet, client: &Address, kind: u8) -> bool {
    let tuple = &packet.tuple;
    kind & THIRD != 0 && !tuple.source.same(client) && !tuple.destination.same(client)
}

/// Puts a flow in its map. One that has the key already is over: its SYN did not match.
#[inline(always)]
fn enter(key: &FlowKey, flow: &Flow, rule: &Rule) -> Result<(), Reason> {
    // SAFETY: the value is live for as long as the program runs, and its master never changes.
    if let Some(old) = unsafe { FLOWS.get(key) }
        && FLOWS.remove(key).is_ok()
    {
        seat::leave(key);
        client::leave(&old.master.client, old.master.zone, Share::Flow);
    }
    let master = &flow.master;
    client::enter(
        &master.client,
        master.zone,
        Share::Flow,
        rule.flows_per_client,
    )?;
    seat::enter(key);
    FLOWS.insert(key, flow, BPF_NOEXIST as u64).map_err(|_| {
        seat::leave(key);
        client::leave(&master.client, master.zone, Share::Flow);
        Reason::FlowsFull
    })
}

/// Takes an expectation, and gives its number, the kind of request that made it, and the rule that
/// it is under; or the number of the reason why not. The rule of the policy in force has its say
/// again: it may have changed meanwhile.
#[inline(always)]
fn take(
    place: &ExpectationKey,
    expectation: &Expectation,
    packet: &Packet,
    config: &Config,
    now: u64,
) -> Result<(u32, u8, &'static Rule), u64> {
    if expectation.is_by_hand() {
        return claim(place, expectation, config, now);
    }
    let entry = SESSIONS
        .get_ptr_mut(&expectation.master)
        .ok_or(Reason::MasterGone as u64)?;
    let (id, session) = (expectation.id, expectation.session);
    let (port, first) = (packet.tuple.destination_port, packet.segment.sequence);
    let rule = rule::of(entry, config).ok_or(Reason::PolicyChanged as u64)?;
    let active = is_active(expectation.kind);
    // SAFETY: the rule is a reference.
    let judgement = unsafe {
        let source_port = packet.tuple.source_port;
        rule::ftp_track_judge_flow(rule, active as u32, port as u32, source_port as u32)
    };
    if judgement != 0 {
        return Err(judgement);
    }
    if is_third(packet, &expectation.master.client, expectation.kind) {
        let third = if active {
            &raw const packet.tuple.destination
        } else {
            &raw const packet.tuple.source
        };
        // SAFETY: the rule and the packet are references.
        let judgement = unsafe { rule::ftp_track_judge_third(rule, third) };
        if judgement != 0 {
            return Err(judgement);
        }
    }
    let patience = if packet.door.admits { PATIENCE } else { 0 };
    // SAFETY: the entry is a live map value.
    let mut master = unsafe { Locked::new(entry) };
    if master.id != session || master.ended != 0 {
        return Err(Reason::MasterGone as u64);
    }
    let id = if id == 0 {
        if !master.is_confirmed() {
            return Err(Reason::Unconfirmed as u64);
        }
        master
            .conversation
            .connect_early(port, first, patience, now)
            .map_err(|reason| reason as u64)?
    } else {
        let taken = master.conversation.pending.take(id, now);
        taken.map_err(|reason| reason as u64)?;
        id
    };
    master.seen = now;
    Ok((id, master.conversation.pending.kind, rule))
}

#[inline(always)]
fn is_active(kind: u8) -> bool {
    ExpectationKind::of_request(kind).is_some_and(ExpectationKind::is_active)
}

/// Takes an expectation that an administrator made. No session says whether it is alive: whoever
/// removes it from the map, and only one can, may use it.
#[inline(always)]
fn claim(
    place: &ExpectationKey,
    expectation: &Expectation,
    config: &Config,
    now: u64,
) -> Result<(u32, u8, &'static Rule), u64> {
    let (id, kind) = (expectation.id, expectation.kind);
    if now >= expectation.expires {
        return Err(Reason::Expired as u64);
    }
    let rule = rule::general(config).ok_or(Reason::PolicyChanged as u64)?;
    match EXPECTATIONS.remove(place) {
        Ok(()) => Ok((id, kind, rule)),
        Err(_) => Err(Reason::AlreadyUsed as u64),
    }
}

/// An invitation has become an expectation: the map gets its number, by which the session finds it,
/// and the command it came from.
#[inline(always)]
fn confirm(place: &ExpectationKey, invitation: &Expectation, id: u32, kind: u8) {
    let Some(expectation) = scratch::expectation() else {
        return;
    };
    *expectation = *invitation;
    expectation.id = id;
    expectation.kind = kind;
    let _: Result<(), i32> = EXPECTATIONS.insert(place, &*expectation, 0);
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
