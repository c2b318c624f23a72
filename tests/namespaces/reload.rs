//! Reading the configuration file again.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, LAN, Lab, WAN};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::tracker::{Tracker, ask, binary, command, json};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::link::foreign::Foreign;

const LIMIT: Duration = Duration::from_secs(10);

/// A tracker that has its settings from a file, to be written anew.
struct Reloaded<'a> {
    lab: &'a Lab,
    file: PathBuf,
    tracker: Tracker<'a>,
}

impl<'a> Reloaded<'a> {
    fn start(lab: &'a Lab) -> Self {
        let file = lab.folder().join("ftp-track.toml");
        fs::write(&file, text(lab, "control_ports = [21]\nmode = \"enforce\"")).unwrap();
        let mut command: Command = lab.namespace(Host::Gateway).command(binary().unwrap());
        command.args(["run", "--config"]).arg(&file);
        let tracker = Tracker::start_as(lab, command).unwrap();
        Self { lab, file, tracker }
    }

    fn write(&self, settings: &str) {
        fs::write(&self.file, text(self.lab, settings)).unwrap();
    }

    fn settings(&self) -> Value {
        json(self.lab, "status").unwrap()["settings"].clone()
    }

    /// Exit status and error output of `ftp-track reload`.
    fn reload(&self) -> (Option<i32>, String) {
        let output = command(self.lab, "reload").unwrap().output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), error)
    }
}

fn text(lab: &Lab, settings: &str) -> String {
    let name = lab.name();
    format!("name = \"{name}\"\ninterfaces = [\"{LAN}\", \"{WAN}\"]\n{settings}\n")
}

#[test]
fn a_changed_file_is_in_force() {
    let lab = Lab::new().unwrap();
    let mut reloaded = Reloaded::start(&lab);
    let before = reloaded.settings();
    assert_eq!(before["control_ports"][0], 21);
    reloaded.write("control_ports = [21, 2121]\nmode = \"observe\"\nexpectation_lifetime = 30");
    assert_eq!(ask(&lab, "reload").unwrap(), "the settings are in force\n");
    let after = reloaded.settings();
    assert_eq!(after["control_ports"][1], 2121);
    assert_eq!(after["modes"][0], "observe");
    assert_eq!(after["expectation_lifetime_seconds"], 30.0);
    reloaded.write("control_ports = [21, 2122]\nmode = \"enforce\"");
    reloaded.tracker.signal(Signal::SIGHUP);
    let came = wait_until(LIMIT, || reloaded.settings()["control_ports"][1] == 2122);
    assert!(came, "{}", reloaded.settings());
    assert!(reloaded.tracker.stop().unwrap().success());
}

#[test]
fn a_wrong_file_changes_nothing() {
    let lab = Lab::new().unwrap();
    let mut reloaded = Reloaded::start(&lab);
    let before = reloaded.settings();
    reloaded.write("control_ports = [2121]\nmood = \"observe\"");
    let (status, error) = reloaded.reload();
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("ftp-track.toml:4:1"), "{error}");
    assert_eq!(reloaded.settings(), before);
    // What is right in itself, but cannot be here.
    for (settings, reason) in [
        (
            "control_ports = [2121]\nmetrics = \"192.0.2.99:9421\"",
            "cannot be served at 192.0.2.99:9421",
        ),
        (
            "control_ports = [2121]\nmetrics = \"unix:/proc/metrics\"",
            "cannot be served at unix:/proc/metrics",
        ),
    ] {
        reloaded.write(settings);
        let (status, error) = reloaded.reload();
        assert_eq!(status, Some(1), "{error}");
        assert!(error.contains(reason), "{error}");
        assert_eq!(reloaded.settings(), before);
    }
    reloaded.write("control_ports = \"all\"");
    let warnings = |log: &str| log.matches("not reloaded, the old settings stay").count();
    let seen = warnings(&reloaded.tracker.log());
    reloaded.tracker.signal(Signal::SIGHUP);
    let warned = wait_until(LIMIT, || warnings(&reloaded.tracker.log()) == seen + 1);
    assert!(warned, "{}", reloaded.tracker.log());
    assert_eq!(reloaded.settings(), before);
    assert!(reloaded.tracker.stop().unwrap().success());
}

/// An interface that cannot be attached to as the file asks stays as it is, and so does all else.
#[test]
fn what_cannot_be_attached_changes_nothing() {
    let lab = Lab::new().unwrap();
    let reloaded = Reloaded::start(&lab);
    let doors = || json(&lab, "status").unwrap()["daemon"]["interfaces"].clone();
    let before = (reloaded.settings(), doors());
    let address = SocketAddr::new(Host::Client.address(Family::V4), 7777);
    let _listener = listen(&lab, Host::Client, address).unwrap();
    let is_shut = || !reaches(&lab, Host::Server, address).unwrap();
    assert!(is_shut(), "before");
    let foreign = Foreign::xdp(&lab, WAN, "somebodys");
    reloaded.write("control_ports = [21, 2121]\nmode = \"enforce\"\nhook = \"xdp\"");
    let (status, error) = reloaded.reload();
    assert_eq!(status, Some(1), "{error}");
    assert!(error.contains("interface wan has another XDP"), "{error}");
    assert_eq!((reloaded.settings(), doors()), before);
    assert!(is_shut(), "{}", reloaded.tracker.log());
    drop(foreign);
    assert_eq!(ask(&lab, "reload").unwrap(), "the settings are in force\n");
    assert_eq!(reloaded.settings()["control_ports"][1], 2121);
    for door in doors().as_array().unwrap() {
        assert_eq!(door["hook"], "driver", "{door}");
    }
    assert!(is_shut(), "{}", reloaded.tracker.log());
    assert!(reloaded.tracker.stop().unwrap().success());
}

/// The metrics move with the settings, and end with them.
#[test]
fn the_metrics_move() {
    let lab = Lab::new().unwrap();
    let reloaded = Reloaded::start(&lab);
    let sockets = ["one", "two"].map(|name| lab.folder().join(name));
    for (i, other) in [(0, 1), (1, 0)] {
        let settings = format!("metrics = \"unix:{}\"", sockets[i].display());
        reloaded.write(&settings);
        ask(&lab, "reload").unwrap();
        assert!(sockets[i].exists() && !sockets[other].exists());
    }
    reloaded.write("");
    ask(&lab, "reload").unwrap();
    assert!(!sockets[1].exists());
    assert!(reloaded.tracker.stop().unwrap().success());
}

/// The tracker itself is what a port of another address is in use by.
#[test]
fn the_metrics_move_to_another_address() {
    let lab = Lab::new().unwrap();
    let reloaded = Reloaded::start(&lab);
    let served = || json(&lab, "status").unwrap()["daemon"]["metrics"].clone();
    for address in ["127.0.0.1:9421", "0.0.0.0:9421", "127.0.0.1:9421"] {
        reloaded.write(&format!("metrics = \"{address}\""));
        ask(&lab, "reload").unwrap();
        assert_eq!(served(), address);
    }
    reloaded.write("metrics = \"203.0.113.5:9421\"");
    let refused = ask(&lab, "reload").unwrap_err().to_string();
    assert!(refused.contains("that this machine has"), "{refused}");
    assert_eq!(served(), "127.0.0.1:9421");
    assert!(reloaded.tracker.stop().unwrap().success());
}
