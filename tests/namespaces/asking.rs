//! Asking a tracker that cannot answer, or that does not have to.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::Output;
use std::time::Duration;

use ftp_track_tests::lab::{Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::tracker::{Tracker, TrackerMode, ask, binary, command};
use nix::sys::signal::Signal;

const LIMIT: Duration = Duration::from_secs(60);
/// How many may follow the events.
const FOLLOWERS: usize = 64;

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What others are told of a tracker that runs: not that it does not.
#[test]
fn without_privilege() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    for subcommand in [
        "status",
        "list sessions",
        "stats",
        "explain 1",
        "monitor",
        "reload",
        "flush flows",
        "stop",
    ] {
        let mut command = lab.namespace(Host::Gateway).command("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(["--bounding-set=-all", "--inh-caps=-all"])
            .arg(binary().unwrap())
            .args(subcommand.split(' '))
            .args(["--name", lab.name()]);
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{subcommand}: {said}");
        assert!(said.contains("run it as root"), "{subcommand}: {said}");
        assert!(!said.contains("not running"), "{subcommand}: {said}");
    }
    assert!(tracker.stop().unwrap().success());
}

/// One too many hears why; those who only look at the maps take no follower's place.
#[test]
fn many_followers() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    let path = format!("/run/ftp-track/{}.sock", lab.name());
    let mut followers = Vec::new();
    for _ in 0..FOLLOWERS {
        let mut follower = BufReader::new(UnixStream::connect(&path).unwrap());
        let mut line = String::new();
        follower.read_line(&mut line).unwrap();
        assert!(line.starts_with("{\"metainfo\":"), "{line}");
        followers.push(follower);
    }
    ask(&lab, "stats").unwrap();
    ask(&lab, "list sessions").unwrap();
    assert!(!tracker.log().contains("turned away"), "{}", tracker.log());
    let output = command(&lab, "monitor").unwrap().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("64 follow the events"), "{said}");
    drop(followers);
    assert!(tracker.stop().unwrap().success());
}

/// A daemon that is suspended is named, and what the maps say is shown all the same.
#[test]
fn a_daemon_that_hangs() {
    let lab = Lab::new().unwrap();
    let mut tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    tracker.signal(Signal::SIGSTOP);
    let output = command(&lab, "status").unwrap().output().unwrap();
    tracker.signal(Signal::SIGCONT);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(shown.contains("no answer"), "{shown}");
    assert!(shown.contains("mode:         observe"), "{shown}");
    assert!(
        said.contains(&format!("(process {})", tracker.id())),
        "{said}"
    );
    assert!(!said.contains("os error"), "{said}");
    assert!(wait_until(LIMIT, || ask(&lab, "status").is_ok()));
    assert!(tracker.stop().unwrap().success());
}
