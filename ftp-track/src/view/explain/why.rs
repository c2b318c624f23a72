//! Why a new connection was admitted or not: its reason, and the lines that led to it.

use ftp_track_common::{
    attempt::{Attempt, HostPair},
    expectation::ExpectationKind,
    history::{Effect, Note},
    reason::Reason,
    request::RequestKind,
    tuple::{SessionKey, Tuple},
};

use super::{Endpoint, Seconds, Story, note::effect};
use crate::view::duration;

/// A note, and the control connection that it is of.
struct Found<'a> {
    note: &'a Note,
    master: &'a SessionKey,
    session: u64,
}

/// Why `attempt` was admitted or not. `attempts` are all that are known between these hosts.
pub(super) fn explain(
    pair: &HostPair,
    attempt: &Attempt,
    stories: &[Story],
    attempts: &[(HostPair, Attempt)],
    lifetime: u64,
) -> String {
    let reason = Reason::from_number(attempt.reason).unwrap_or(Reason::Unexpected);
    let sentence = reason.sentence();
    if reason == Reason::AllowedPort {
        return sentence.to_owned();
    }
    let notes = notes(stories);
    if attempt.expectation != 0 {
        let made = notes.iter().rfind(|found| {
            found.session == attempt.session
                && found.note.expectation == attempt.expectation
                && found.note.effect == Effect::Made as u8
        });
        return match made {
            Some(found) => format!("{sentence} {}", announced(found, attempt.time)),
            None => sentence.to_owned(),
        };
    }
    if reason != Reason::Unexpected {
        return sentence.to_owned();
    }
    let tuple = attempt.tuple(pair);
    let before: Vec<&Found<'_>> = notes
        .iter()
        .filter(|found| found.note.time <= attempt.time)
        .collect();
    let because = of_its_port(&tuple, &before, attempt, attempts, lifetime)
        .or_else(|| too_early(&tuple, &notes, attempt))
        .unwrap_or_else(|| of_others(&tuple, &before, stories));
    format!("{sentence} {because}")
}

fn notes(stories: &[Story]) -> Vec<Found<'_>> {
    let mut notes: Vec<Found<'_>> = stories
        .iter()
        .flat_map(|story| {
            story.history.kept().map(|note| Found {
                note,
                master: &story.key,
                session: story.history.session,
            })
        })
        .collect();
    notes.sort_by_key(|found| found.note.time);
    notes
}

/// Whether a PORT, PASV, EPRT or EPSV of this note is about connections in the direction of `tuple`.
fn fits(found: &Found<'_>, tuple: &Tuple) -> bool {
    let kind = kind(found.note);
    kind.is_some_and(|kind| {
        let key = kind.key(found.master, 0);
        key.initiator == tuple.source && key.responder == tuple.destination
    })
}

fn kind(note: &Note) -> Option<ExpectationKind> {
    ExpectationKind::of_request(note.kind).or_else(|| ExpectationKind::of_request(note.subject))
}

fn name(note: &Note) -> &'static str {
    kind(note).map_or("the request", ExpectationKind::name)
}

/// What had been said of the port that it went to.
fn of_its_port(
    tuple: &Tuple,
    before: &[&Found<'_>],
    attempt: &Attempt,
    attempts: &[(HostPair, Attempt)],
    lifetime: u64,
) -> Option<String> {
    let port = tuple.destination_port;
    let found = before
        .iter()
        .rfind(|found| found.note.port == port && fits(found, tuple))?;
    let note = found.note;
    let ago = ago(note.time, attempt.time);
    let reason = Reason::from_number(note.reason).unwrap_or(Reason::None);
    let name = name(note);
    Some(match effect(note) {
        Effect::Refused if reason == Reason::RefusedByServer => {
            format!(
                "The server had refused {name} for port {port} with {} {ago}.",
                note.code
            )
        }
        Effect::Refused => format!(
            "{name} for port {port} had been refused {ago}: {}",
            reason.sentence()
        ),
        Effect::Ended => format!(
            "Port {port} had been announced by {name}, but that had ended {ago}: {}",
            reason.sentence()
        ),
        Effect::Nothing => format!(
            "{name} for port {port} had been sent {ago}, but the server had not accepted it yet."
        ),
        Effect::Made => {
            let user = attempts.iter().map(|(_, other)| other).rfind(|other| {
                other.admitted != 0
                    && other.session == found.session
                    && other.expectation == note.expectation
                    && other.time <= attempt.time
            });
            let end = note.time.saturating_add(lifetime);
            match user {
                Some(user) => format!(
                    "The expectation of {name} for port {port} had been used by port {} {}.",
                    user.source_port,
                    self::ago(user.time, attempt.time)
                ),
                None if end <= attempt.time => format!(
                    "The expectation of {name} for port {port} had expired {}.",
                    self::ago(end, attempt.time)
                ),
                None => format!("The expectation of {name} for port {port}, made {ago}, was gone."),
            }
        }
    })
}

/// Its port was announced, but only afterwards.
fn too_early(tuple: &Tuple, notes: &[Found<'_>], attempt: &Attempt) -> Option<String> {
    let found = notes.iter().find(|found| {
        let later = found.note.time > attempt.time && found.note.effect == Effect::Made as u8;
        later && found.note.port == tuple.destination_port && fits(found, tuple)
    })?;
    Some(format!(
        "Its port was announced by {} only {} later.",
        name(found.note),
        duration(Seconds::between(attempt.time, found.note.time))
    ))
}

/// What had been announced instead.
fn of_others(tuple: &Tuple, before: &[&Found<'_>], stories: &[Story]) -> String {
    if stories.is_empty() {
        return "No control connection between these hosts is known.".to_owned();
    }
    let last = before
        .iter()
        .rfind(|found| found.note.effect != Effect::Nothing as u8 && kind(found.note).is_some());
    if let Some(found) = last {
        let (note, name) = (found.note, name(found.note));
        return match effect(note) {
            Effect::Made if fits(found, tuple) => {
                format!("The announced port was {}, by {name}.", note.port)
            }
            Effect::Made => format!(
                "What had been announced, by {name}, was a data connection {}.",
                place(found)
            ),
            Effect::Ended => format!(
                "Port {}, announced by {name}, was no longer expected either.",
                note.port
            ),
            _ => {
                let reason = Reason::from_number(note.reason).unwrap_or(Reason::None);
                format!("The last {name} was refused: {}", reason.sentence())
            }
        };
    }
    if before.iter().any(|found| is_secured(found.note)) {
        return "The control connection is encrypted, so what it announces cannot be read."
            .to_owned();
    }
    if before
        .iter()
        .any(|found| found.note.reason == Reason::NotFtp as u8)
    {
        return "The control connection turned out not to be FTP.".to_owned();
    }
    "Nothing had been announced.".to_owned()
}

fn is_secured(note: &Note) -> bool {
    note.subject == RequestKind::Auth as u8 && note.code == 234
}

/// When and by what the expectation was made that had the word.
fn announced(found: &Found<'_>, then: u64) -> String {
    format!(
        "It was announced by {} {}.",
        name(found.note),
        ago(found.note.time, then)
    )
}

fn place(found: &Found<'_>) -> String {
    let Some(kind) = kind(found.note) else {
        return String::new();
    };
    let key = kind.key(found.master, found.note.port);
    let from = crate::view::address(&key.initiator);
    let to = Endpoint::new(&key.responder, key.responder_port);
    format!("from {from} to {to}")
}

/// How long before `now` it was `then`.
fn ago(then: u64, now: u64) -> String {
    let seconds = Seconds::between(then, now);
    if seconds.0 < 0.1 {
        "just before".to_owned()
    } else {
        format!("{} before", duration(seconds))
    }
}

#[cfg(test)]
mod tests;
