//! A new connection, and why it was admitted or not.

use ftp_track_common::{
    attempt::{Attempt, HostPair},
    reason::Reason,
};
use serde::Serialize;

use super::{Endpoint, Seconds, Story, why};

/// A new connection, and why it was admitted or not.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AttemptView {
    /// How long ago its last SYN came.
    pub ago_seconds: Seconds,
    /// The side that connects.
    pub source: Endpoint,
    /// Where it connects to.
    pub destination: Endpoint,
    /// The conntrack zone that it is in; 0 is the default one.
    pub zone: u32,
    /// It was expected, or its port is allowed.
    pub admitted: bool,
    /// The name of a reason.
    pub reason: &'static str,
    /// Number of the control connection that had the word, if one had.
    pub session: Option<u64>,
    /// The expectation's number in it.
    pub expectation: Option<u32>,
    /// Why, in sentences.
    pub why: String,
}

impl AttemptView {
    /// The view of one of `attempts`, explained by the control connections' stories.
    pub(super) fn of(
        pair: &HostPair,
        attempt: &Attempt,
        stories: &[Story],
        attempts: &[(HostPair, Attempt)],
        lifetime: u64,
        now: u64,
    ) -> Self {
        let tuple = attempt.tuple(pair);
        let reason = Reason::from_number(attempt.reason).unwrap_or(Reason::Unexpected);
        Self {
            ago_seconds: Seconds::between(attempt.time, now),
            source: Endpoint::new(&tuple.source, tuple.source_port),
            destination: Endpoint::new(&tuple.destination, tuple.destination_port),
            zone: pair.zone,
            admitted: attempt.admitted != 0 || reason == Reason::AllowedPort,
            reason: reason.name(),
            session: (attempt.session != 0).then_some(attempt.session),
            expectation: (attempt.expectation != 0).then_some(attempt.expectation),
            why: why::explain(pair, attempt, stories, attempts, lifetime),
        }
    }
}
