//! A command or reply that mattered, and what it did.

use ftp_track_common::{
    expectation::ExpectationKind,
    history::{CLOSED, CLOSING, Effect, GREETING, Note, OPENED, PICKED_UP},
    reason::Reason,
    request::{RequestKind, THIRD},
    tuple::SessionKey,
};
use serde::Serialize;

use super::{Seconds, between, target};

/// Who a note is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The client sent a command.
    Client,
    /// The server sent a reply.
    Server,
    /// Something happened to the connection.
    Connection,
}

/// What became of an expectation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectName {
    /// Nothing, or nothing yet.
    Nothing,
    /// It was made.
    Made,
    /// It was not made.
    Refused,
    /// It ended unused.
    Ended,
}

impl From<Effect> for EffectName {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Nothing => Self::Nothing,
            Effect::Made => Self::Made,
            Effect::Refused => Self::Refused,
            Effect::Ended => Self::Ended,
        }
    }
}

/// A command or reply that mattered, and what it did.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NoteView {
    /// How long ago.
    pub ago_seconds: Seconds,
    /// Who it is about.
    pub who: Who,
    /// The command that was sent or answered.
    pub command: Option<&'static str>,
    /// The reply's code.
    pub code: Option<u16>,
    /// What became of an expectation.
    pub effect: EffectName,
    /// The command by which that was announced.
    pub request: Option<&'static str>,
    /// The announced port.
    pub port: Option<u16>,
    /// The expectation's number.
    pub expectation: Option<u32>,
    /// The name of a reason.
    pub reason: Option<&'static str>,
    /// All of it as a sentence.
    pub text: String,
}

impl NoteView {
    /// The view of a note of the control connection `master`.
    pub(super) fn of(note: &Note, master: &SessionKey, now: u64) -> Self {
        let reason = Reason::from_number(note.reason).filter(|reason| *reason != Reason::None);
        Self {
            ago_seconds: Seconds::between(note.time, now),
            who: who(note),
            command: RequestKind::from_number(note.subject).map(RequestKind::name),
            code: (note.code != 0).then_some(note.code),
            effect: effect(note).into(),
            request: ExpectationKind::of_request(note.kind).map(ExpectationKind::name),
            port: (note.port != 0).then_some(note.port),
            expectation: (note.expectation != 0).then_some(note.expectation),
            reason: reason.map(Reason::name),
            text: text(note, master),
        }
    }
}

pub(super) fn effect(note: &Note) -> Effect {
    Effect::from_number(note.effect).unwrap_or(Effect::Nothing)
}

fn who(note: &Note) -> Who {
    if note.code != 0 {
        Who::Server
    } else if RequestKind::from_number(note.subject).is_some() {
        Who::Client
    } else {
        Who::Connection
    }
}

/// The reason's sentence, with a space in front, if there is a reason.
fn because(reason: u8) -> String {
    match Reason::from_number(reason) {
        None | Some(Reason::None) => String::new(),
        Some(reason) => format!(" {}", reason.sentence()),
    }
}

fn text(note: &Note, master: &SessionKey) -> String {
    let because = because(note.reason);
    match (note.subject, RequestKind::from_number(note.subject)) {
        (OPENED, _) => "The control connection was opened.".to_owned(),
        (PICKED_UP, _) => "The control connection was picked up in its middle.".to_owned(),
        (CLOSED, _) => format!("The control connection is over.{because}"),
        (GREETING, _) if note.code < 300 => format!("The server greeted with {}.", note.code),
        (GREETING, _) => format!("The server greeted with {}.{because}", note.code),
        (CLOSING, _) => format!(
            "The server said {}: it closes the connection.{}",
            note.code,
            consequence(note, master, &because)
        ),
        (_, Some(kind)) if note.code == 0 => command(note, kind, master, &because),
        (_, Some(kind)) => {
            let done = if note.effect == Effect::Nothing as u8 {
                answered(kind, note.code, &because)
            } else {
                consequence(note, master, &because)
            };
            format!(
                "The server answered {} to {}.{done}",
                note.code,
                kind.name()
            )
        }
        (_, None) if note.code != 0 => {
            let done = consequence(note, master, &because);
            format!("The server said {}.{done}", note.code)
        }
        (_, None) => because.trim_start().to_owned(),
    }
}

fn command(note: &Note, kind: RequestKind, master: &SessionKey, because: &str) -> String {
    let name = kind.name();
    if note.effect != Effect::Nothing as u8 {
        return format!(
            "The client sent {name}.{}",
            consequence(note, master, because)
        );
    }
    let rest = match kind {
        RequestKind::Port | RequestKind::Eprt if note.port != 0 => format!(
            " for port {}. It counts when the server accepts it.",
            note.port
        ),
        RequestKind::Pasv | RequestKind::Epsv => ". The server is to name a port.".to_owned(),
        _ => ".".to_owned(),
    };
    format!("The client sent {name}{rest}{because}")
}

/// What an answer means that has no effect on an expectation.
fn answered(kind: RequestKind, code: u16, because: &str) -> String {
    let meaning = match (kind, code) {
        (RequestKind::Auth, 234) => " The connection is encrypted from here on, and not read.",
        (RequestKind::EpsvAll, 200..300) => {
            " From here on only EPSV may announce data connections."
        }
        (_, 400..) => " The command was refused.",
        _ => "",
    };
    format!("{meaning}{because}")
}

/// What became of an expectation, with a space in front.
fn consequence(note: &Note, master: &SessionKey, because: &str) -> String {
    let kind = ExpectationKind::of_request(note.kind);
    let name = kind.map_or("it", ExpectationKind::name);
    let is_third = note.kind & THIRD != 0 && kind.is_some_and(ExpectationKind::is_active);
    let place = kind.map(|kind| match is_third {
        true => between(
            &master.server,
            format_args!("port {} of a third host", note.port),
        ),
        false => target(kind, master, note.port),
    });
    let place = place.unwrap_or_default();
    match effect(note) {
        Effect::Nothing => because.to_owned(),
        Effect::Made => format!(
            " A data connection {place} is expected (number {}).",
            note.expectation
        ),
        Effect::Refused if note.port == 0 => {
            format!(" Nothing is expected from this {name}.{because}")
        }
        Effect::Refused => {
            format!(
                " Nothing is expected from this {name} for port {}.{because}",
                note.port
            )
        }
        Effect::Ended => format!(
            " The data connection {place} is no longer expected (number {}).{because}",
            note.expectation
        ),
    }
}

#[cfg(test)]
mod tests {
    use ftp_track_common::address::Address;

    use super::*;

    fn master() -> SessionKey {
        SessionKey {
            client: Address::from_v4([10, 0, 0, 2]),
            server: Address::from_v4([10, 0, 1, 2]),
            client_port: 40_000,
            server_port: 21,
            zone: 0,
        }
    }

    #[test]
    fn rows() {
        use Effect::{Ended, Made, Nothing, Refused};
        use RequestKind as R;
        let port = R::Port as u8;
        for (subject, code, effect, kind, port, reason, expect) in [
            (
                OPENED,
                0,
                Nothing,
                0,
                0,
                Reason::None,
                "The control connection was opened.",
            ),
            (
                GREETING,
                220,
                Nothing,
                0,
                0,
                Reason::None,
                "The server greeted with 220.",
            ),
            (
                port,
                0,
                Nothing,
                0,
                50_000,
                Reason::None,
                "The client sent PORT for port 50000. It counts when the server accepts it.",
            ),
            (
                port,
                200,
                Made,
                port,
                50_000,
                Reason::None,
                "The server answered 200 to PORT. A data connection from 10.0.1.2 to \
                 10.0.0.2:50000 is expected (number 3).",
            ),
            (
                port,
                500,
                Refused,
                port,
                50_000,
                Reason::RefusedByServer,
                "The server answered 500 to PORT. Nothing is expected from this PORT for port \
                 50000. The server refused the command.",
            ),
            (
                port,
                0,
                Refused,
                port,
                0,
                Reason::MalformedCommand,
                "The client sent PORT. Nothing is expected from this PORT. The argument of PORT or \
                 EPRT does not parse.",
            ),
            (
                R::Pasv as u8,
                0,
                Ended,
                R::Epsv as u8,
                50_001,
                Reason::Replaced,
                "The client sent PASV. The data connection from 10.0.0.2 to 10.0.1.2:50001 is no \
                 longer expected (number 3). A newer PORT, PASV, EPRT or EPSV took its place.",
            ),
            (
                R::Auth as u8,
                234,
                Nothing,
                0,
                0,
                Reason::None,
                "The server answered 234 to AUTH. The connection is encrypted from here on, and \
                 not read.",
            ),
            (
                0,
                230,
                Nothing,
                0,
                0,
                Reason::StrayReply,
                "The server said 230. A reply came to which there is no command.",
            ),
            (
                0,
                0,
                Nothing,
                0,
                0,
                Reason::Resynchronised,
                "The receiver has bytes that never came by here; reading went on at the next line.",
            ),
            (
                CLOSED,
                0,
                Nothing,
                0,
                0,
                Reason::ControlReset,
                "The control connection is over. The control connection was reset.",
            ),
            (
                CLOSING,
                421,
                Nothing,
                0,
                0,
                Reason::None,
                "The server said 421: it closes the connection.",
            ),
        ] {
            let note = Note {
                expectation: 3,
                subject,
                code,
                effect: effect as u8,
                kind,
                port,
                reason: reason as u8,
                ..Note::default()
            };
            assert_eq!(text(&note, &master()), expect);
        }
    }

    #[test]
    fn any_note_has_a_text() {
        for subject in 0..=u8::MAX {
            for code in [0, 227, 500] {
                for effect in 0..5 {
                    let note = Note {
                        subject,
                        code,
                        effect,
                        kind: effect,
                        reason: subject,
                        ..Note::default()
                    };
                    let view = NoteView::of(&note, &master(), 0);
                    assert!(
                        view.text.is_empty() || view.text.ends_with('.'),
                        "{}",
                        view.text
                    );
                }
            }
        }
    }
}
