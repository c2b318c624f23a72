//! An event as it is shown.

#[cfg(test)]
mod schema;
mod text;

use ftp_track_common::{
    event::{self, Event, EventKind},
    expectation::{BY_HAND, ExpectationKind},
    reason::Reason,
    tuple::{SessionKey, Tuple},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Endpoint, MasterView};
use crate::clock;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// A control connection is tracked from now on.
    SessionNew,
    /// A control connection ended.
    SessionEnd,
    /// A data connection is expected.
    ExpectationNew,
    /// An expectation was used.
    ExpectationUsed,
    /// An expectation ended unused, or was replaced.
    ExpectationEnd,
    /// PORT, EPRT, PASV or EPSV makes no expectation.
    Refused,
    /// A data connection was admitted.
    FlowNew,
    /// A data connection ended.
    FlowEnd,
    /// A new connection was dropped.
    Dropped,
    /// Events were lost.
    Lost,
}

impl From<EventKind> for EventName {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::SessionNew => Self::SessionNew,
            EventKind::SessionEnd => Self::SessionEnd,
            EventKind::ExpectationNew => Self::ExpectationNew,
            EventKind::ExpectationUsed => Self::ExpectationUsed,
            EventKind::ExpectationEnd => Self::ExpectationEnd,
            EventKind::Refused => Self::Refused,
            EventKind::FlowNew => Self::FlowNew,
            EventKind::FlowEnd => Self::FlowEnd,
            EventKind::Dropped => Self::Dropped,
        }
    }
}

/// Where events were lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostWhere {
    /// The kernel programs found the ring buffer full: nobody saw them.
    RingBuffer,
    /// This monitor read too slowly: others saw them.
    Monitor,
}

/// An event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventView {
    /// What happened.
    pub event: EventName,
    /// When.
    pub time: Timestamp,
    /// Why: the name of a reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// PORT, EPRT, PASV or EPSV.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<String>,
    /// The source of the packet, or who will connect; port 0 where it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Endpoint>,
    /// The destination of the packet, or who listens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub destination: Option<Endpoint>,
    /// The conntrack zone that they are in, if it is not the default one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zone: Option<u32>,
    /// The expectation's number in its session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expectation: Option<u32>,
    /// The session's number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<u64>,
    /// The control connection.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub master: Option<MasterView>,
    /// The name of the rule that the control connection is under.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// How many events were lost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Where they were lost.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none", default)]
    pub place: Option<LostWhere>,
}

impl EventView {
    /// The view of a record; `None` if its version or kind is not known.
    pub fn of(record: &Event) -> Option<Self> {
        if record.version != event::VERSION {
            return None;
        }
        let kind = EventKind::from_number(record.kind)?;
        let reason = Reason::from_number(record.reason).filter(|reason| *reason != Reason::None);
        // One that was made by hand has no request and no control connection.
        let is_of_session = record.session != BY_HAND;
        let request = ExpectationKind::of_request(record.request).filter(|_| is_of_session);
        let tuple = &record.tuple;
        let has_tuple = *tuple != Tuple::default();
        Some(Self {
            event: kind.into(),
            time: clock::time_of_day(record.time),
            reason: reason.map(|reason| reason.name().to_owned()),
            request: request.map(|request| request.name().to_owned()),
            source: has_tuple.then(|| Endpoint::new(&tuple.source, tuple.source_port)),
            destination: has_tuple
                .then(|| Endpoint::new(&tuple.destination, tuple.destination_port)),
            zone: (tuple.zone != 0).then_some(tuple.zone),
            expectation: (record.expectation != 0).then_some(record.expectation),
            session: (record.session != 0).then_some(record.session),
            master: (is_of_session && record.master != SessionKey::default())
                .then(|| (&record.master).into()),
            rule: None,
            count: None,
            place: None,
        })
    }

    /// That `count` events were lost.
    pub fn lost(count: u64, place: LostWhere) -> Self {
        Self {
            event: EventName::Lost,
            time: Timestamp::now(),
            reason: None,
            request: None,
            source: None,
            destination: None,
            zone: None,
            expectation: None,
            session: None,
            master: None,
            rule: None,
            count: Some(count),
            place: Some(place),
        }
    }
}
