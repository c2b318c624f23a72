//! What `ftp-track explain` says of real control connections.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ftp_track_tests::control::{Announcement, Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{self, Listing, Tracker, TrackerMode};
use ftp_track_tests::transfer::Mode;
use serde_json::{Value, json};

fn explain(lab: &Lab, about: &str) -> Value {
    let mut command = tracker::command(lab, &format!("explain {about}")).unwrap();
    let text = process::run(command.args(["--output", "json"])).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["metainfo"]["tool"], "ftp-track");
    json
}

fn hosts(family: Family) -> (IpAddr, IpAddr) {
    (Host::Client.address(family), Host::Server.address(family))
}

fn texts(notes: &Value) -> Vec<&str> {
    let notes = notes.as_array().unwrap().iter();
    notes.map(|note| note["text"].as_str().unwrap()).collect()
}

fn a_story(family: Family, active: &str) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let (client, server_address) = hosts(family);
    let mut control = Control::open(&lab, &server, family).unwrap();

    let announcement = control.announce(Mode::Active).unwrap();
    let responder = announcement.responder().unwrap();
    drop(control.open_data(&announcement).unwrap());
    let Announcement::Client(listener) = announcement else {
        panic!("the client listens in active mode");
    };
    drop(listener);
    // A second connection to the same port, and one to a port that was never announced.
    assert!(!reaches(&lab, Host::Server, responder).unwrap());
    let other = SocketAddr::new(client, responder.port() ^ 1);
    let _other = listen(&lab, Host::Client, other).unwrap();
    assert!(!reaches(&lab, Host::Server, other).unwrap());

    let json = explain(&lab, &format!("{client} {server_address}"));
    let connection = &json["control_connections"][0];
    assert_eq!(connection["client"]["address"], json!(client));
    assert_eq!(connection["state"], "clear");
    let notes = texts(&connection["notes"]);
    assert_eq!(
        notes[..2],
        [
            "The control connection was opened.",
            "The server greeted with 220."
        ]
    );
    let port = responder.port();
    assert_eq!(
        notes[2..],
        [
            format!(
                "The client sent {active} for port {port}. It counts when the server accepts it."
            ),
            format!(
                "The server answered 200 to {active}. A data connection from {server_address} to \
                 {responder} is expected (number 1)."
            ),
        ]
    );
    let attempts = json["attempts"].as_array().unwrap();
    let expected = &attempts[0];
    assert_eq!(expected["destination"]["port"], port);
    assert_eq!(
        (&expected["admitted"], &expected["reason"]),
        (&json!(true), &json!("expected"))
    );
    let again = attempts
        .iter()
        .find(|attempt| attempt["reason"] == "already_used")
        .unwrap();
    assert_eq!(
        (&again["admitted"], &again["session"]),
        (&json!(false), &connection["id"])
    );
    let wrong = attempts.last().unwrap();
    assert_eq!(wrong["destination"]["port"], other.port());
    let why = wrong["why"].as_str().unwrap();
    assert!(
        why.ends_with(&format!("The announced port was {port}, by {active}.")),
        "{why}"
    );

    // By number, by the ends of the data connection, and in words.
    let id = connection["id"].as_u64().unwrap();
    assert_eq!(
        explain(&lab, &id.to_string())["control_connections"][0]["id"],
        id
    );
    let one = explain(&lab, &format!("{server_address} {other}"));
    let only = one["attempts"].as_array().unwrap();
    assert!(
        !only.is_empty()
            && only
                .iter()
                .all(|attempt| attempt["destination"]["port"] == other.port())
    );
    let mut command =
        tracker::command(&lab, &format!("explain {client} {server_address}")).unwrap();
    let text = process::run(&mut command).unwrap();
    assert!(text.contains(&format!("by {active}.")), "{text}");
    assert!(text.contains("was not expected."), "{text}");

    // After its end, and beside a tracker that was killed.
    drop(control);
    let gone = wait_until(Duration::from_secs(5), || {
        let sessions = tracker.list(Listing::Sessions).unwrap();
        sessions.iter().all(|session| session["state"] == "ended")
    });
    assert!(gone, "{:?}", tracker.list(Listing::Sessions));
    tracker.kill().unwrap();
    let json = explain(&lab, &id.to_string());
    let notes = &json["control_connections"][0]["notes"];
    assert!(
        texts(notes)
            .last()
            .unwrap()
            .starts_with("The control connection is over."),
        "{notes}"
    );
}

#[test]
fn over_ipv4() {
    a_story(Family::V4, "PORT");
}

#[test]
fn over_ipv6() {
    a_story(Family::V6, "EPRT");
}

/// What ends a control connection of which nothing is heard.
const IDLE: &str = "Nothing came for the idle time";

/// Nobody closes the connection, and no daemon runs: the kernel's timer gives it up.
#[test]
fn after_a_silence() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let path = lab.folder().join("ftp-track.toml");
    let text = format!(
        "interfaces = ['lan', 'wan']\nmode = 'enforce'\ncontrol_ports = [{CONTROL_PORT}]\n\
         expectation_lifetime = 1\nsession_idle = 10\n"
    );
    fs::write(&path, text).unwrap();
    let mut run = tracker::command(&lab, "run").unwrap();
    run.arg("--config").arg(&path);
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    control.announce(Mode::Passive).unwrap();
    tracker.kill().unwrap();

    let (client, server_address) = hosts(Family::V4);
    let told = || explain(&lab, &format!("{client} {server_address}"));
    let over = |json: &Value| {
        let notes = texts(&json["control_connections"][0]["notes"]);
        let last = notes.last().unwrap();
        last.starts_with("The control connection is over.") && last.contains(IDLE)
    };
    let ended = wait_until(Duration::from_secs(120), || over(&told()));
    assert!(ended, "{}", told());
    let sessions = tracker::list(&lab, Listing::Sessions).unwrap();
    assert!(sessions.is_empty(), "{sessions:?}");
}
