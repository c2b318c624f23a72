use ftp_track_common::{address::Address, history::History};

use super::*;

const SECOND: u64 = 1_000_000_000;
const CLIENT: Address = Address::from_v4([10, 0, 0, 2]);
const SERVER: Address = Address::from_v4([10, 0, 1, 2]);
const MASTER: SessionKey = SessionKey {
    client: CLIENT,
    server: SERVER,
    client_port: 40_000,
    server_port: 21,
    zone: 0,
};
const PORT: u8 = RequestKind::Port as u8;
const PASV: u8 = RequestKind::Pasv as u8;

fn pair() -> HostPair {
    HostPair::new(&CLIENT, &SERVER, 0)
}

/// A SYN of the server from port 20 to `port` of the client, 100 s after the start.
fn syn(port: u16, reason: Reason) -> Attempt {
    Attempt {
        time: 100 * SECOND,
        number: 1,
        source_port: 20,
        destination_port: port,
        from_low: (pair().low == SERVER).into(),
        admitted: (reason == Reason::Expected).into(),
        reason: reason as u8,
        ..Attempt::default()
    }
}

fn note(second: u64, kind: u8, port: u16, effect: Effect, reason: Reason) -> Note {
    Note {
        time: second * SECOND,
        expectation: 1,
        port,
        subject: kind,
        effect: effect as u8,
        reason: reason as u8,
        kind: if effect == Effect::Nothing { 0 } else { kind },
        ..Note::default()
    }
}

fn answer(code: u16, note: Note) -> Note {
    Note { code, ..note }
}

fn story(notes: &[Note]) -> Story {
    let mut history = History {
        session: 7,
        ..History::default()
    };
    notes.iter().for_each(|note| history.push(note));
    Story {
        key: MASTER,
        session: None,
        history,
    }
}

fn why(attempt: &Attempt, notes: &[Note]) -> String {
    let attempts = [(pair(), *attempt)];
    explain(&pair(), attempt, &[story(notes)], &attempts, 60 * SECOND)
}

#[test]
fn what_was_not_expected() {
    use Effect::{Ended, Made, Nothing, Refused};
    let made = |port| answer(200, note(90, PORT, port, Made, Reason::None));
    for (name, notes, expect) in [
        (
            "refused by the server",
            vec![answer(
                500,
                note(98, PORT, 50_000, Refused, Reason::RefusedByServer),
            )],
            "The server had refused PORT for port 50000 with 500 2.0s before.",
        ),
        (
            "a bounce",
            vec![note(98, PORT, 50_000, Refused, Reason::Bounce)],
            "PORT for port 50000 had been refused 2.0s before: PORT or EPRT names an address that \
             is neither the client's own nor in the rule's FXP list (FTP bounce).",
        ),
        (
            "ended",
            vec![made(50_000), note(97, PASV, 50_000, Ended, Reason::Quit)]
                .into_iter()
                .map(|note| Note { kind: PORT, ..note })
                .collect(),
            "Port 50000 had been announced by PORT, but that had ended 3.0s before: QUIT ended it.",
        ),
        (
            "not accepted yet",
            vec![note(99, PORT, 50_000, Nothing, Reason::None)],
            "PORT for port 50000 had been sent 1.0s before, but the server had not accepted it yet.",
        ),
        (
            "expired and swept",
            vec![answer(200, note(28, PORT, 50_000, Made, Reason::None))],
            "The expectation of PORT for port 50000 had expired 12s before.",
        ),
        (
            "gone for another reason",
            vec![made(50_000)],
            "The expectation of PORT for port 50000, made 10s before, was gone.",
        ),
        (
            "another port",
            vec![made(50_001)],
            "The announced port was 50001, by PORT.",
        ),
        (
            "the other direction",
            vec![answer(227, note(90, PASV, 50_000, Made, Reason::None))],
            "What had been announced, by PASV, was a data connection from 10.0.0.2 to \
             10.0.1.2:50000.",
        ),
        (
            "too early",
            vec![answer(200, note(101, PORT, 50_000, Made, Reason::None))],
            "Its port was announced by PORT only 1.0s later.",
        ),
        (
            "malformed",
            vec![note(90, PORT, 0, Refused, Reason::MalformedCommand)],
            "The last PORT was refused: The argument of PORT or EPRT does not parse.",
        ),
        (
            "another one that ended",
            vec![note(90, PORT, 50_001, Ended, Reason::Replaced)],
            "Port 50001, announced by PORT, was no longer expected either.",
        ),
        (
            "encrypted",
            vec![answer(
                234,
                note(90, RequestKind::Auth as u8, 0, Nothing, Reason::None),
            )],
            "The control connection is encrypted, so what it announces cannot be read.",
        ),
        (
            "no FTP",
            vec![note(90, 0, 0, Nothing, Reason::NotFtp)],
            "The control connection turned out not to be FTP.",
        ),
        ("silence", vec![], "Nothing had been announced."),
    ] {
        let attempt = syn(50_000, Reason::Unexpected);
        let expect = format!("{} {expect}", Reason::Unexpected.sentence());
        assert_eq!(why(&attempt, &notes), expect, "{name}");
    }
}

#[test]
fn no_control_connection() {
    let attempt = syn(50_000, Reason::Unexpected);
    let text = explain(&pair(), &attempt, &[], &[], SECOND);
    assert!(text.ends_with("No control connection between these hosts is known."));
}

#[test]
fn what_had_been_used() {
    let user = Attempt {
        time: 95 * SECOND,
        source_port: 1020,
        session: 7,
        expectation: 1,
        ..syn(50_000, Reason::Expected)
    };
    let made = answer(200, note(90, PORT, 50_000, Effect::Made, Reason::None));
    let stories = [story(&[made])];
    let again = syn(50_000, Reason::Unexpected);
    let attempts = [(pair(), user), (pair(), again)];
    let text = explain(&pair(), &again, &stories, &attempts, 60 * SECOND);
    assert!(
        text.ends_with(
            "The expectation of PORT for port 50000 had been used by port 1020 5.0s before."
        ),
        "{text}"
    );
    let text = explain(&pair(), &user, &stories, &attempts, 60 * SECOND);
    assert_eq!(
        text,
        "A new connection was expected and let through. It was announced by PORT 5.0s before."
    );
    let second = Attempt {
        session: 7,
        expectation: 1,
        ..syn(50_000, Reason::AlreadyUsed)
    };
    let text = explain(&pair(), &second, &stories, &attempts, 60 * SECOND);
    assert!(
        text.ends_with("It was announced by PORT 10s before."),
        "{text}"
    );
}

#[test]
fn what_a_reason_says_alone() {
    for reason in [
        Reason::AllowedPort,
        Reason::BeforeAnswer,
        Reason::MasterGone,
    ] {
        assert_eq!(why(&syn(50_000, reason), &[]), reason.sentence());
    }
}
