//! What `ftp-track explain` is told: notes of lines that mattered, and of new connections.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ftp_track_common::{
    attempt::{ATTEMPTS, HostPair},
    config::Mode,
    history::{self, Effect, NOTES, Note},
    layout,
    reason::Reason,
    segment::SYN,
};

use crate::harness::{
    data::Data,
    namespace::LAN,
    note::request,
    play::{Control, Family, FromClient, Play},
    pool,
    row::message,
    segment::{Segment, address},
    tracker::{ALLOWED_PORT, Tracker, Verdict},
};

/// A conversation, and what is kept of it.
struct Row {
    name: &'static str,
    play: fn(&mut Play<'_>),
    notes: &'static [&'static str],
    attempts: &'static [&'static str],
}

/// A note as a row writes it: the line, `=`, what it led to.
fn text(note: &Note, family: Family) -> String {
    let subject = match note.subject {
        0 => String::new(),
        history::GREETING => "greeting".to_owned(),
        history::OPENED => "opened".to_owned(),
        history::PICKED_UP => "picked_up".to_owned(),
        history::CLOSED => "closed".to_owned(),
        history::CLOSING => "closing".to_owned(),
        kind => request(kind, family).to_owned(),
    };
    let mut words = vec![subject];
    match note.code {
        0 => {}
        // One row serves both families.
        227 | 229 => words.push("22x".to_owned()),
        code => words.push(code.to_string()),
    }
    words.push("=".to_owned());
    match Effect::from_number(note.effect).expect("an effect") {
        Effect::Nothing => {}
        Effect::Made => words.push(format!("made {}", note.expectation)),
        Effect::Refused => words.push("refused".to_owned()),
        Effect::Ended => words.push(format!("ended {}", note.expectation)),
    }
    if note.kind != 0 {
        words.push(request(note.kind, family).to_owned());
    }
    if note.port != 0 {
        words.push(note.port.to_string());
    }
    if note.reason != 0 {
        words.push(
            Reason::from_number(note.reason)
                .expect("a reason")
                .name()
                .to_owned(),
        );
    }
    words.join(" ").trim_start().to_owned()
}

fn notes(tracker: &Tracker, control: &Control, family: Family) -> Vec<String> {
    let Some(history) = tracker.histories.get(&control.key()) else {
        return Vec::new();
    };
    let session = tracker.sessions.get(&control.key()).expect("a session");
    assert_eq!(history.session, session.session.id);
    let times: Vec<u64> = history.kept().map(|note| note.time).collect();
    assert!(times.is_sorted());
    history.kept().map(|note| text(note, family)).collect()
}

fn attempts(tracker: &Tracker, control: &Control) -> Vec<String> {
    let (client, server) = (address(control.client.ip()), address(control.server.ip()));
    let pair = HostPair::new(&client, &server, 0);
    let Some(attempts) = tracker.attempts.get(&pair) else {
        return vec!["none".to_owned()];
    };
    let text = attempts.kept().map(|attempt| {
        let tuple = attempt.tuple(&pair);
        let from = if tuple.source == client {
            "client"
        } else {
            "server"
        };
        let reason = Reason::from_number(attempt.reason).expect("a reason");
        assert_eq!(attempt.admitted != 0, reason == Reason::Expected);
        format!(
            "{from}:{} {} {} {}",
            attempt.source_port,
            attempt.destination_port,
            reason.name(),
            attempt.expectation
        )
    });
    text.collect()
}

fn run(rows: &[Row]) {
    let mut tracker = pool::tracker();
    let mut failures = Vec::new();
    for row in rows {
        for family in [Family::V4, Family::V6] {
            for mode in [Mode::Observe, Mode::Enforce] {
                tracker.reset(mode);
                let result = catch_unwind(AssertUnwindSafe(|| {
                    let mut play = Play::new(&mut tracker, family, 0);
                    (row.play)(&mut play);
                    let control = play.control.clone();
                    assert_eq!(notes(&tracker, &control, family), row.notes, "notes");
                    assert_eq!(attempts(&tracker, &control), row.attempts, "attempts");
                }));
                if let Err(panic) = result {
                    failures.push(format!("{} ({family:?}): {}", row.name, message(&*panic)));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn stories() {
    run(&[
        Row {
            name: "active, and twice the same connection",
            play: |play| {
                play.greet();
                play.ask("NOOP", "200 nothing of interest");
                play.active(50_000);
                let mut data = Data::active(play, 50_000);
                data.open(play);
                data.ends[0].set_port(21_000);
                data.syn(play);
                data.syn(play);
            },
            notes: &[
                "opened =",
                "greeting 220 =",
                "active = 50000",
                "active 200 = made 1 active 50000",
            ],
            attempts: &[
                "server:20 50000 expected 1",
                "server:21000 50000 already_used 1",
            ],
        },
        Row {
            name: "the server refuses, and connects all the same",
            play: |play| {
                play.greet();
                let command = play.active_command(play.control.client.ip(), 50_000);
                play.ask(&command, "500 no");
                Data::active(play, 50_000).syn(play);
            },
            notes: &[
                "opened =",
                "greeting 220 =",
                "active = 50000",
                "active 500 = refused active 50000 refused_by_server",
            ],
            attempts: &["server:20 50000 unexpected 0"],
        },
        Row {
            name: "passive, replaced, to the wrong port, to an allowed one",
            play: |play| {
                play.greet();
                play.passive(50_000);
                play.passive(50_001);
                Data::passive(play, 50_000).syn(play);
                Data::passive(play, ALLOWED_PORT).syn(play);
            },
            notes: &[
                "opened =",
                "greeting 220 =",
                "passive =",
                "passive 22x = made 1 passive 50000",
                "passive = ended 1 passive 50000 replaced",
                "passive 22x = made 2 passive 50001",
            ],
            attempts: &[
                "client:50555 50000 unexpected 0",
                "client:50555 8443 allowed_port 0",
            ],
        },
        Row {
            name: "a bounce, AUTH, and the end",
            play: |play| {
                play.greet();
                let command = play.active_command(play.control.server.ip(), 50_000);
                play.ask(&command, "200 yes");
                play.ask("AUTH TLS", "234 go on");
                play.reset(FromClient);
            },
            notes: &[
                "opened =",
                "greeting 220 =",
                "active = refused active 50000 bounce",
                "active 200 =",
                "AUTH =",
                "AUTH 234 =",
                "closed = control_reset",
            ],
            attempts: &[],
        },
        Row {
            name: "421, and a reply that nobody asked for",
            play: |play| {
                play.greet();
                play.server("230 who asked?");
                play.client("QUIT");
                play.server("421 no time");
            },
            notes: &[
                "opened =",
                "greeting 220 =",
                "230 = stray_reply",
                "QUIT =",
                "closing 421 =",
            ],
            attempts: &[],
        },
    ]);
}

#[test]
fn the_last_are_kept() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    for number in 0..100 {
        play.passive(50_000 + number);
        let mut data = Data::passive(&play, 50_000 + number);
        data.ends[0].set_port(30_000 + number);
        data.transfer(&mut play);
    }
    let control = play.control.clone();
    let kept = notes(&tracker, &control, Family::V4);
    assert_eq!(kept.len(), NOTES);
    assert_eq!(kept[NOTES - 1], "passive 22x = made 100 passive 50099");
    let kept = attempts(&tracker, &control);
    assert_eq!(kept.len(), ATTEMPTS);
    assert_eq!(kept[ATTEMPTS - 1], "client:30099 50099 expected 100");
}

#[test]
fn a_new_connection_with_the_same_ports_has_its_own_history() {
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    play.passive(50_000);
    play.reset(FromClient);
    play.control.next = [50_000, 60_000];
    play.greet();
    let control = play.control.clone();
    assert_eq!(
        notes(&tracker, &control, Family::V4),
        ["opened =", "greeting 220 ="]
    );
}

#[test]
fn strangers_take_no_room() {
    let mut tracker = Tracker::load_with(&[(layout::ATTEMPTS, 16)]);
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(&mut tracker, Family::V4, 0);
    play.greet();
    let control = play.control.clone();
    for number in 0..200 {
        let stranger = format!("203.0.113.{number}:1234")
            .parse()
            .expect("an address");
        let mut probe = Segment::new(stranger, control.server, SYN);
        probe.destination.set_port(50_000);
        assert_eq!(tracker.run(&probe.frame(), LAN), Verdict::Drop);
    }
    assert_eq!(tracker.attempts.entries().len(), 1);
    assert_eq!(attempts(&tracker, &control), Vec::<String>::new());
}
