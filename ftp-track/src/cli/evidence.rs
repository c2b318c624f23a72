//! What the maps hold about two hosts, or about one control connection.

use std::fmt;

use ftp_track_common::{
    address::Address,
    attempt::{Attempt, HostPair},
    history::History,
    tuple::SessionKey,
};

use super::end::End;
use crate::{
    map::{Error, Maps},
    view::Story,
};

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A control connection, by its number.
    Session(u64),
    /// Two hosts, in either order.
    Hosts(End, End),
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(formatter, "control connection {id}"),
            Self::Hosts(one, other) => write!(formatter, "{one} and {other}"),
        }
    }
}

/// What the maps hold about a subject.
pub struct Evidence {
    /// Control connections, the newest last.
    pub stories: Vec<Story>,
    /// New connections, oldest first.
    pub attempts: Vec<(HostPair, Attempt)>,
}

impl Evidence {
    /// Reads it.
    pub fn gather(maps: &Maps, subject: &Subject) -> Result<Self, Error> {
        match subject {
            Subject::Session(id) => Self::of_session(maps, *id),
            Subject::Hosts(one, other) => Self::of_hosts(maps, *one, *other),
        }
    }

    fn of_session(maps: &Maps, id: u64) -> Result<Self, Error> {
        let stories = stories(maps, |_, session| session == id)?;
        let mut attempts = Vec::new();
        for story in &stories {
            attempts.extend(self::attempts(maps, &story.key)?);
        }
        // Those that another control connection had the word on are not its own.
        attempts.retain(|(_, attempt)| attempt.session == id || attempt.session == 0);
        Ok(Self { stories, attempts })
    }

    fn of_hosts(maps: &Maps, one: End, other: End) -> Result<Self, Error> {
        let (first, second) = (one.in_kernel(), other.in_kernel());
        let mut stories = stories(maps, |key, _| {
            [(first, second), (second, first)].contains(&(key.client, key.server))
        })?;
        let hosts = HostPair::new(&first, &second, 0);
        let mut attempts = Vec::new();
        for entry in maps.attempts.entries() {
            let (pair, entry) = entry?;
            if (pair.low, pair.high) == (hosts.low, hosts.high) {
                attempts.extend(entry.kept().map(|attempt| (pair, *attempt)));
            }
        }
        attempts.sort_by_key(|(pair, attempt)| (pair.zone, attempt.time));
        if one.port.is_some() || other.port.is_some() {
            // Ports may be those of a control connection, or of a data connection.
            let is = |address: &Address, port| one.is(address, port) || other.is(address, port);
            let meant = |story: &Story| {
                let key = &story.key;
                is(&key.client, key.client_port) && is(&key.server, key.server_port)
            };
            if stories.iter().any(meant) {
                stories.retain(meant);
            } else {
                attempts.retain(|(pair, attempt)| {
                    let tuple = attempt.tuple(pair);
                    is(&tuple.source, tuple.source_port)
                        && is(&tuple.destination, tuple.destination_port)
                });
            }
        }
        Ok(Self { stories, attempts })
    }
}

/// The control connections that are `wanted` by key and number, in the order of their last signs
/// of life.
fn stories(maps: &Maps, wanted: impl Fn(&SessionKey, u64) -> bool) -> Result<Vec<Story>, Error> {
    let mut stories = Vec::new();
    for entry in maps.histories.entries() {
        let (key, history) = entry?;
        if wanted(&key, history.session) {
            let entry = maps.sessions.get(&key)?;
            let session = entry.map(|entry| entry.session);
            stories.push(Story {
                key,
                session: session.filter(|session| session.id == history.session),
                history,
            });
        }
    }
    for entry in maps.sessions.entries() {
        let (key, entry) = entry?;
        let id = entry.session.id;
        let is_known = stories
            .iter()
            .any(|story| story.key == key && story.history.session == id);
        if wanted(&key, id) && !is_known {
            // Its history gave way to newer ones.
            let history = History {
                session: id,
                ..History::default()
            };
            let session = Some(entry.session);
            stories.push(Story {
                key,
                session,
                history,
            });
        }
    }
    stories.sort_by_key(|story| {
        let last = story.history.kept().last().map_or(0, |note| note.time);
        story.session.map_or(last, |session| session.seen.max(last))
    });
    Ok(stories)
}

/// New connections between a control connection's hosts.
fn attempts(maps: &Maps, key: &SessionKey) -> Result<Vec<(HostPair, Attempt)>, Error> {
    let pair = HostPair::new(&key.client, &key.server, key.zone);
    let attempts = maps.attempts.get(&pair)?;
    let attempts = attempts.iter().flat_map(|attempts| attempts.kept());
    Ok(attempts.map(|attempt| (pair, *attempt)).collect())
}
