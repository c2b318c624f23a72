//! What `ftp-track list` says while a control connection goes through its steps.

mod many;

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode};
use ftp_track_tests::transfer::Mode;
use serde_json::{Value, json};

fn endpoint(address: SocketAddr) -> Value {
    json!({"address": address.ip(), "port": address.port()})
}

fn with(entries: Vec<Value>, member: &str, value: &Value) -> Vec<Value> {
    entries
        .into_iter()
        .filter(|entry| entry[member] == *value)
        .collect()
}

/// From the login over the announcement and the data connection to the end.
fn follow(mode: Mode, family: Family, request: &str) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let armed = || {
        with(
            tracker.list(Listing::Expectations).unwrap(),
            "state",
            &json!("armed"),
        )
    };
    assert!(tracker.list(Listing::Sessions).unwrap().is_empty());

    let mut control = Control::open(&lab, &server, family).unwrap();
    let (client_end, server_end) = control.addresses().unwrap();
    let sessions = tracker.list(Listing::Sessions).unwrap();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["client"], endpoint(client_end));
    assert_eq!(sessions[0]["server"], endpoint(server_end));
    assert_eq!(sessions[0]["state"], "clear");
    assert!(armed().is_empty());

    let announcement = control.announce(mode).unwrap();
    let responder = endpoint(announcement.responder().unwrap());
    let initiator = match mode {
        Mode::Passive => Host::Client.address(family),
        Mode::Active => Host::Server.address(family),
    };
    let expectations = armed();
    assert_eq!(expectations.len(), 1, "{expectations:?}");
    assert_eq!(expectations[0]["initiator"], json!(initiator));
    assert_eq!(expectations[0]["responder"], responder);
    assert_eq!(expectations[0]["request"], request);
    assert_eq!(expectations[0]["master"]["client"], endpoint(client_end));
    let before = tracker.counter("expected").unwrap();

    let data = control.open_data(&announcement).unwrap();
    assert!(armed().is_empty(), "used, yet still armed");
    assert_eq!(tracker.counter("expected").unwrap(), before + 1);
    let flows = with(
        tracker.list(Listing::Flows).unwrap(),
        "responder",
        &responder,
    );
    assert_eq!(flows.len(), 1, "{flows:?}");
    assert_eq!(flows[0]["initiator"]["address"], json!(initiator));
    assert_eq!(flows[0]["request"], request);
    assert_eq!(flows[0]["master"]["client"], endpoint(client_end));

    drop(data);
    drop(control);
    let gone = wait_until(Duration::from_secs(5), || {
        let sessions = tracker.list(Listing::Sessions).unwrap();
        sessions.iter().all(|session| session["state"] == "ended")
    });
    assert!(gone, "{:?}", tracker.list(Listing::Sessions));
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn passive_over_ipv4() {
    follow(Mode::Passive, Family::V4, "EPSV");
}

#[test]
fn passive_over_ipv6() {
    follow(Mode::Passive, Family::V6, "EPSV");
}

#[test]
fn active_over_ipv4() {
    follow(Mode::Active, Family::V4, "PORT");
}

#[test]
fn active_over_ipv6() {
    follow(Mode::Active, Family::V6, "EPRT");
}

/// A control connection that ends takes its expectation with it.
#[test]
fn an_expectation_dies_with_its_control_connection() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    control.announce(Mode::Passive).unwrap();
    let armed = || {
        with(
            tracker.list(Listing::Expectations).unwrap(),
            "state",
            &json!("armed"),
        )
    };
    assert_eq!(armed().len(), 1);
    drop(control);
    assert!(
        wait_until(Duration::from_secs(5), || armed().is_empty()),
        "{:?}",
        armed()
    );
    assert!(tracker.stop().unwrap().success());
}
