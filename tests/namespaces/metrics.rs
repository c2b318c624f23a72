//! The metrics of a running tracker.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{self, Service, wait_until};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, command, json, run_command, traces};
use ftp_track_tests::transfer::Mode;

const ADDRESS: &str = "127.0.0.1:9421";
const LIMIT: Duration = Duration::from_secs(60);

/// What curl reads inside of the gateway.
fn curl(lab: &Lab, arguments: &[&str]) -> String {
    let mut curl = lab.namespace(Host::Gateway).command("curl");
    process::run(
        curl.args(["-sS", "--fail", "--max-time", "10"])
            .args(arguments),
    )
    .unwrap()
}

fn value(text: &str, metric: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {metric} in\n{text}"))
        .parse()
        .unwrap()
}

#[test]
fn they_say_what_happens() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start_with(&lab, TrackerMode::Enforce, &["--metrics", ADDRESS]).unwrap();
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    drop(control.open_data(&announcement).unwrap());
    control.end_data().unwrap();
    control.announce(Mode::Passive).unwrap();
    let text = curl(&lab, &[&format!("http://{ADDRESS}/metrics")]);
    let decision = |reason: &str| {
        let metric = format!("ftp_track_decisions_total{{reason=\"{reason}\"}}");
        value(&text, &metric)
    };
    assert_eq!(decision("control_port"), 1);
    assert_eq!(decision("expected"), 1);
    assert_eq!(decision("bounce"), 0);
    assert_eq!(value(&text, "ftp_track_lost_events_total"), 0);
    let fill = |map: &str| value(&text, &format!("ftp_track_map_entries{{map=\"{map}\"}}"));
    assert_eq!((fill("sessions"), fill("expectations")), (1, 1));
    let lan = "ftp_track_interface_attached{interface=\"lan\",hook=\"driver\"";
    assert!(text.contains(lan), "{text}");
    assert!(text.contains("ftp_track_build_info{version=\""), "{text}");
    let status = json(&lab, "status").unwrap();
    assert_eq!(status["daemon"]["metrics"], ADDRESS);
    assert!(tracker.stop().unwrap().success());
}

/// What a client has, and that it has as much as it may.
#[test]
fn what_clients_have() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let path = lab.folder().join("ftp-track.toml");
    let text = format!(
        "interfaces = ['lan', 'wan']\nmode = 'observe'\ncontrol_ports = [{CONTROL_PORT}]\n\
         metrics = '{ADDRESS}'\nsessions_per_client = 2\n"
    );
    fs::write(&path, text).unwrap();
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(path);
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let scrape = || curl(&lab, &[&format!("http://{ADDRESS}/metrics")]);
    let most = "ftp_track_client_entries_max{map=\"sessions\"}";
    let refused = "ftp_track_decisions_total{reason=\"client_limit\"}";

    let before = scrape();
    assert_eq!(value(&before, "ftp_track_clients"), 0);
    assert_eq!((value(&before, most), value(&before, refused)), (0, 0));
    let _controls: Vec<Control> = (0..3)
        .map(|_| Control::open(&lab, &server, Family::V4).unwrap())
        .collect();
    // What is served may be a second old.
    let full = || {
        let text = scrape();
        value(&text, "ftp_track_clients") == 1
            && value(&text, most) == 2
            && value(&text, refused) > 0
    };
    assert!(wait_until(LIMIT, full), "{}", scrape());
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn on_a_socket() {
    let lab = Lab::new().unwrap();
    let socket = lab.folder().join("metrics");
    let path = socket.to_str().unwrap();
    let address = format!("unix:{path}");
    let tracker =
        Tracker::start_with(&lab, TrackerMode::Observe, &["--metrics", &address]).unwrap();
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let read = || curl(&lab, &["--unix-socket", path, "http://localhost/metrics"]);
    assert_eq!(value(&read(), "ftp_track_lost_events_total"), 0);
    // What a killed one leaves is taken over, and goes with the next one.
    tracker.kill().unwrap();
    assert!(socket.exists());
    let tracker =
        Tracker::start_with(&lab, TrackerMode::Observe, &["--metrics", &address]).unwrap();
    assert_eq!(value(&read(), "ftp_track_lost_events_total"), 0);
    assert!(tracker.stop().unwrap().success());
    assert!(!socket.exists());
}

/// An error before anything is attached.
#[test]
fn a_port_in_use() {
    let lab = Lab::new().unwrap();
    let address: SocketAddr = ADDRESS.parse().unwrap();
    let _taken = ftp_track_tests::control::listen(&lab, Host::Gateway, address).unwrap();
    let mut command = run_command(&lab, TrackerMode::Observe).unwrap();
    command.args(["--metrics", ADDRESS]);
    let log = lab.folder().join("second.log");
    let mut service = Service::start("ftp-track", command, &log).unwrap();
    let status = service.wait_end(LIMIT).expect("it goes on");
    assert_eq!(status.code(), Some(1), "{}", service.log());
    let said = format!("the metrics cannot be served at {ADDRESS}: Address already in use");
    assert!(service.log().contains(&said), "{}", service.log());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
}
