//! The systemd unit, and the privileges that it leaves the daemon.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use ftp_track_tests::lab::{Host, LAN, Lab};
use ftp_track_tests::process::{self, Service, find_program};
use ftp_track_tests::recipe;
use ftp_track_tests::tracker::{Tracker, TrackerMode, binary, run_command};
use nix::sys::signal::Signal;

const UNIT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../packaging/ftp-track.service"
);
const LIMIT: Duration = Duration::from_secs(60);

/// CAP_NET_ADMIN (12), CAP_PERFMON (38) and CAP_BPF (39), as /proc shows them.
const CAPABILITIES: &str = "000000c000001000";
/// The same for `setpriv`.
const NEEDED: &str = "-all,+bpf,+net_admin,+perfmon";

/// Has `systemd-analyze` look at a unit with the text of ours, as `changed`.
fn analyze(changed: impl FnOnce(&str) -> String, arguments: &[&[&str]]) {
    if find_program("systemd-analyze").is_none() {
        eprintln!("left out: there is no systemd-analyze");
        return;
    }
    let lab = Lab::new().unwrap();
    let unit = lab.folder().join("ftp-track.service");
    // What it starts has to exist.
    let text = changed(&fs::read_to_string(UNIT).unwrap());
    fs::write(&unit, text.replace("/usr/sbin/ftp-track", "/bin/true")).unwrap();
    for arguments in arguments {
        let mut command = process::command("systemd-analyze");
        process::run(command.args(*arguments).arg(&unit)).unwrap();
    }
}

#[test]
fn the_unit_is_valid() {
    // From 0.0 (safe) to 10.0; fails above the threshold, which is in tenths.
    let security = ["security", "--offline=yes", "--threshold=30"];
    analyze(str::to_owned, &[&["verify", "--man=no"], &security]);
}

#[test]
fn the_unit_before_the_firewall_is_valid() {
    let lines = recipe::blocks("The order at boot", "ini").unwrap().concat();
    let change = |text: &str| {
        let mut afters = text.lines().filter(|line| line.starts_with("After="));
        let after = afters.next().expect("an order");
        assert_eq!(afters.next(), None, "one line is to be replaced");
        // Whatever the one is behind, the other is before.
        for unit in after["After=".len()..].split(' ') {
            let is_there = lines.split(['=', ' ', '\n']).any(|other| other == unit);
            assert!(is_there || unit == "systemd-networkd.service", "{unit}");
        }
        text.replace(&format!("{after}\n"), &lines)
    };
    analyze(change, &[&["verify", "--man=no"]]);
}

/// Runs as `user` with `capabilities`, and keeps only those that are needed.
fn runs_as(user: &str, securebits: &str, capabilities: &str) {
    let lab = Lab::new().unwrap();
    // A mount namespace of its own, whose directories belong to the user, as systemd makes them.
    let script = format!(
        "mount -t bpf bpf /sys/fs/bpf && chown {user} /sys/fs/bpf && \
         mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/ftp-track && \
         chown {user} /run/ftp-track && \
         exec setpriv --reuid={user} --clear-groups --no-new-privs {securebits} \
         --bounding-set={capabilities} --inh-caps={capabilities} --ambient-caps={capabilities} \
         {} run --interface {LAN} --name {}",
        binary().unwrap().display(),
        lab.name()
    );
    let mut command: Command = lab.namespace(Host::Gateway).command("unshare");
    command.args(["--mount", "sh", "-c", &script]);
    let log = lab.folder().join("service.log");
    let mut service = Service::start("ftp-track", command, &log).unwrap();
    let tracks = || fs::read_to_string(&log).is_ok_and(|text| text.contains("tracking on"));
    service.wait_ready(LIMIT, tracks).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    for line in [
        format!("CapEff:\t{CAPABILITIES}"),
        format!("CapPrm:\t{CAPABILITIES}"),
        "CapAmb:\t0000000000000000".to_owned(),
        "NoNewPrivs:\t1".to_owned(),
    ] {
        assert!(status.contains(&line), "no {line:?} in {status}");
    }
    assert!(service.stop().unwrap().success(), "{}", service.log());
    assert!(!service.log().contains("WARN"), "{}", service.log());
}

#[test]
fn runs_as_nobody() {
    runs_as("65534", "", NEEDED);
}

#[test]
fn runs_as_root_without_its_rights() {
    runs_as("0", "--securebits=+noroot,+noroot_locked", NEEDED);
}

/// As the unit starts it.
#[test]
fn gives_up_what_only_the_start_takes() {
    let capabilities = format!("{NEEDED},+sys_admin");
    runs_as("0", "--securebits=+noroot,+noroot_locked", &capabilities);
}

/// What a service manager hears: ready, alive in time, reloading, stopping.
#[test]
fn the_service_manager_is_told() {
    let lab = Lab::new().unwrap();
    let path = lab.folder().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(LIMIT)).unwrap();
    let hear = |wanted: &str| {
        let mut heard = Vec::new();
        loop {
            let mut message = [0; 4096];
            let length = manager
                .recv(&mut message)
                .unwrap_or_else(|error| panic!("no {wanted} but {heard:?}: {error}"));
            let text = String::from_utf8_lossy(&message[..length]).into_owned();
            if text.lines().any(|line| line.starts_with(wanted)) {
                return text;
            }
            heard.push(text);
        }
    };
    let mut command = run_command(&lab, TrackerMode::Observe).unwrap();
    // Half of it is left for a machine that pauses.
    let watchdog = Duration::from_secs(12);
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", watchdog.as_micros().to_string());
    let mut tracker = Tracker::start_as(&lab, command).unwrap();
    let ready = hear("READY=1");
    assert!(ready.contains("STATUS=tracking on lan"), "{ready}");
    // Several in a row, each within the time that the manager allows.
    hear("WATCHDOG=1");
    for _ in 0..2 {
        let start = Instant::now();
        hear("WATCHDOG=1");
        let silence = start.elapsed();
        assert!(silence < watchdog, "{silence:?}: {}", tracker.log());
    }
    tracker.signal(Signal::SIGHUP);
    let reloading = hear("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    hear("READY=1");
    assert!(tracker.stop().unwrap().success());
    hear("STOPPING=1");
}
