//! What the maps hold, in words that a row can hold.

use ftp_track_common::{expectation::Expectation, flow::Flow, session::Session, tuple::FlowKey};

use super::{
    note::{name, request},
    play::{Control, Family},
    tracker::Tracker,
};

/// One line for each session, then for each expectation, then for each flow.
pub fn lines(tracker: &Tracker, family: Family, control: &Control) -> Vec<String> {
    let sessions = tracker.sessions.entries();
    let sessions = sessions.iter().map(|(key, entry)| {
        assert_eq!(*key, entry.session.key);
        session(&entry.session, family)
    });
    let expectations = tracker.expectations.entries();
    let expectations = expectations.iter().map(|(key, value)| {
        let to = name(&key.responder, control);
        if value.id == 0 {
            return format!("invited {to}:{}", key.responder_port);
        }
        check(value);
        format!(
            "expectation {} {to}:{}",
            request(value.kind, family),
            key.responder_port
        )
    });
    let flows = tracker.flows.entries();
    let flows = flows
        .iter()
        .map(|(key, value)| flow(key, value, family, control));
    let mut groups = [
        sessions.collect::<Vec<_>>(),
        expectations.collect(),
        flows.collect(),
    ];
    groups.iter_mut().for_each(|group| group.sort());
    groups.concat()
}

/// `session` and how many commands there were and how many were answered; then what is special.
fn session(session: &Session, family: Family) -> String {
    let conversation = &session.conversation;
    let (commands, answered) = (conversation.commands, conversation.answered);
    let mut words = vec![format!("session {commands}/{answered}")];
    let pending = &conversation.pending;
    if pending.is_some() {
        let state = if pending.is_used() { "used" } else { "armed" };
        let kind = request(pending.kind, family);
        words.push(format!("{state} {kind}:{}", pending.port));
    }
    let flags = [
        (conversation.awaits_greeting(), "silent"),
        (conversation.is_not_ftp(), "not_ftp"),
        (conversation.is_opaque(), "opaque"),
        (conversation.is_epsv_all(), "epsv_all"),
        (session.is_picked_up(), "picked_up"),
        (!session.is_confirmed(), "unconfirmed"),
        (session.ended != 0, "ended"),
    ];
    let set = flags.iter().filter(|(set, _)| *set);
    words.extend(set.map(|(_, word)| (*word).to_owned()));
    assert!(session.created <= session.seen && session.id != 0);
    words.join(" ")
}

fn check(expectation: &Expectation) {
    assert_ne!((expectation.id, expectation.session), (0, 0));
    assert!(expectation.expires > expectation.created);
    assert_eq!(expectation.translated_port, 0);
}

/// `flow`, who sent the SYN and who got it, packets of both, and how far it is.
fn flow(key: &FlowKey, flow: &Flow, family: Family, control: &Control) -> String {
    let low = (key.low, key.low_port);
    let high = (key.high, key.high_port);
    let (initiator, responder) = match flow.initiator_is_low {
        1 => (low, high),
        _ => (high, low),
    };
    let (from, to) = (name(&initiator.0, control), name(&responder.0, control));
    let [sent, received] = flow.packets;
    let phase = match (
        flow.ended != 0 || flow.is_revoked(),
        flow.established != 0,
        flow.answered != 0,
    ) {
        (true, ..) if flow.is_revoked() => "revoked",
        (true, ..) => "ended",
        (_, true, _) => "established",
        (_, _, true) => "answered",
        _ => "opening",
    };
    let kind = request(flow.kind, family);
    format!(
        "flow {kind} {from}>{to}:{} {sent}+{received} {phase}",
        responder.1
    )
}
