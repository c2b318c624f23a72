//! Conntrack zones: programs make entries in them, or conntrack mode is refused there.

use std::fs;
use std::process::{Command, Output};

use ftp_track_tests::lab::Lab;
use ftp_track_tests::recipe;
use ftp_track_tests::server::CONTROL_PORT;
use ftp_track_tests::tracker::{self, Tracker};

use crate::release::{self, Version};
use crate::transfer;

/// The Linux version that lets programs name a zone (ece4b2969041).
const ZONES: Version = (6, 10);
/// The exit code for what the kernel refuses.
const REFUSED: i32 = 3;

/// The configuration of both interfaces, in a zone that the firewall has too.
fn write(lab: &Lab, mode: &str) -> String {
    let path = lab.folder().join("zone.toml");
    let text = format!(
        "control_ports = [{CONTROL_PORT}]\nmode = '{mode}'\n\
         [[group]]\ninterfaces = ['lan', 'wan']\nzone = 5\n"
    );
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn is_tracked(lab: &Lab, mode: &str, reason: &str) {
    let mut run = tracker::command(lab, "run").unwrap();
    run.args(["--config", &write(lab, mode)]);
    let tracker = Tracker::start_as(lab, run).unwrap();
    transfer::are_tracked(lab, &tracker, reason, 1);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn entries_or_a_refusal() {
    let lab = Lab::new().unwrap();
    recipe::load(&lab, "conntrack").unwrap();
    recipe::load(&lab, "Conntrack zones").unwrap();
    if release::running() >= ZONES {
        return is_tracked(&lab, "conntrack", "conntrack_made");
    }
    let config = write(&lab, "conntrack");
    let mut run = tracker::command(&lab, "run").unwrap();
    let mut check = Command::new(tracker::binary().unwrap());
    run.args(["--config", &config]);
    check.args(["check", "--config", &config]);
    for mut command in [run, check] {
        let Output { status, stderr, .. } = command.output().unwrap();
        let text = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(REFUSED), "{text}");
        for part in [
            "in the default zone only",
            "since Linux 6.10",
            "mode = \"mark\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    // What it says to do works.
    recipe::load(&lab, "mark").unwrap();
    is_tracked(&lab, "mark", "expected");
}
