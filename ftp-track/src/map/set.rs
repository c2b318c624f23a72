//! The maps that show what the tracker knows.

use ftp_track_common::{layout, reason::Reason};

use super::{
    Clients, Counters, Error, Expectations, Flows, Histories, HostPairs, LostEvents, PinDirectory,
    Ports, Rules, Sessions, Settings,
};
use crate::view::{CountersView, FillView};

/// The maps that show what the tracker knows.
pub struct Maps {
    /// Control connections.
    pub sessions: Sessions,
    /// Expected data connections.
    pub expectations: Expectations,
    /// Admitted data connections.
    pub flows: Flows,
    /// What control connections said last.
    pub histories: Histories,
    /// New connections between two hosts.
    pub attempts: HostPairs,
    /// What each client has in them.
    pub clients: Clients,
    /// The settings in force.
    pub settings: Settings,
    /// The ports in force.
    pub ports: Ports,
    /// The rules.
    pub rules: Rules,
    /// Counters by reason.
    pub counters: Counters,
    /// Events that found the ring buffer full.
    pub lost_events: LostEvents,
}

impl Maps {
    /// How full the maps are that fill up.
    pub fn fill(&self) -> Result<Vec<FillView>, Error> {
        let view = |map: &str, entries, capacity| FillView {
            map: map.to_owned(),
            entries,
            capacity,
        };
        Ok(vec![
            view("sessions", self.sessions.len()?, self.sessions.capacity()),
            view(
                "expectations",
                self.expectations.len()?,
                self.expectations.capacity(),
            ),
            view("flows", self.flows.len()?, self.flows.capacity()),
        ])
    }

    /// How often each reason came up.
    pub fn count(&self) -> Result<CountersView, Error> {
        let named = Reason::ALL.iter().filter(|reason| **reason != Reason::None);
        let counters: Result<_, _> = named
            .map(|reason| Ok((*reason, self.counters.get(*reason)?)))
            .collect();
        Ok(CountersView {
            counters: counters?,
            lost_events: self.lost_events.get()?,
        })
    }

    /// Opens them all.
    pub fn open(pins: &PinDirectory) -> Result<Self, Error> {
        Ok(Self {
            sessions: Sessions::open_locked(pins, layout::SESSIONS)?,
            expectations: Expectations::open(pins, layout::EXPECTATIONS)?,
            flows: Flows::open(pins)?,
            histories: Histories::open(pins, layout::HISTORIES)?,
            attempts: HostPairs::open(pins, layout::ATTEMPTS)?,
            clients: Clients::open_locked(pins, layout::CLIENTS)?,
            settings: Settings::open(pins)?,
            ports: Ports::open(pins)?,
            rules: Rules::open(pins)?,
            counters: Counters::open(pins)?,
            lost_events: LostEvents::open(pins)?,
        })
    }
}
