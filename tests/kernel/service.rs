//! The systemd unit at work, with systemd as the machine's first process.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::tracker;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const UNIT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../packaging/ftp-track.service"
);
/// As the unit names it.
const PROGRAM: &str = "/usr/sbin/ftp-track";
const INTERFACE: &str = "lan";
/// Emulation is slow, and shares a processor: nothing here depends on how long things take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// CAP_NET_ADMIN (12), CAP_PERFMON (38) and CAP_BPF (39), as /proc shows them.
const CAPABILITIES: &str = "000000c000001000";
/// The unit's bounds: with CAP_SYS_ADMIN (21), which the daemon has given up.
const BOUNDS: &str = "000000c000201000";
/// Rules that need conntrack.
const RULES: &str = "table inet filter {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established accept
    }
}";

fn systemctl(arguments: &str) -> Output {
    let mut command = process::command("systemctl");
    command.args(arguments.split(' ')).output().unwrap()
}

/// Runs a command of `systemctl` that is to succeed.
fn done(arguments: &str) -> String {
    let output = systemctl(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "systemctl {arguments}: {said}\n{}",
        state()
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Everything that systemd says of the service, for a failure.
fn state() -> String {
    let output = systemctl("status --full ftp-track");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn property(name: &str) -> String {
    done(&format!("show --value --property {name} ftp-track"))
}

fn main_process() -> Pid {
    Pid::from_raw(property("MainPID").parse().unwrap())
}

fn ask(subcommand: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(subcommand.split(' ')).output().unwrap()
}

fn status() -> Value {
    let output = ask("status --output json");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// The number of the XDP program on the interface.
fn attached() -> Option<u64> {
    let mut ip = process::command("ip");
    let text = process::run(ip.args(["-json", "-details", "link", "show", INTERFACE])).unwrap();
    let links: Value = serde_json::from_str(&text).unwrap();
    links[0]["xdp"]["prog"]["id"].as_u64()
}

/// Writes the configuration file, with `more` beside what all tests need.
fn configure(more: &str) {
    let text = format!("interfaces = ['{INTERFACE}']\nhook = 'xdp'\n{more}\n");
    fs::write("/etc/ftp-track.toml", text).unwrap();
}

fn mode() -> Value {
    status()["settings"]["modes"][0].clone()
}

/// As an administrator would: the unit, the program, the configuration.
fn install() {
    let unit = fs::read(UNIT).unwrap();
    fs::write("/etc/systemd/system/ftp-track.service", unit).unwrap();
    // The verifier takes longer than the unit allows where a processor is emulated.
    let folder = "/etc/systemd/system/ftp-track.service.d";
    fs::create_dir_all(folder).unwrap();
    let text = "[Service]\nTimeoutStartSec=infinity\n";
    fs::write(format!("{folder}/emulation.conf"), text).unwrap();
    if !Path::new(PROGRAM).exists() {
        symlink(tracker::binary().unwrap(), PROGRAM).unwrap();
        let mut ip = process::command("ip");
        ip.args(["link", "add", INTERFACE, "up", "type", "veth"]);
        process::run(ip.args(["peer", "name", "other"])).unwrap();
    }
    done("daemon-reload");
}

#[test]
fn from_start_to_stop() {
    assert_eq!(fs::read_to_string("/proc/1/comm").unwrap(), "systemd\n");
    install();
    configure("mode = 'enforce'");

    // Returns when the daemon has said that it is ready.
    done("start ftp-track");
    assert_eq!(property("ActiveState"), "active", "{}", state());
    assert!(
        property("StatusText").contains("tracking on lan"),
        "{}",
        state()
    );
    let first = main_process();
    let process = fs::read_to_string(format!("/proc/{first}/status")).unwrap();
    for line in [
        "Name:\tftp-track".to_owned(),
        format!("CapEff:\t{CAPABILITIES}"),
        format!("CapPrm:\t{CAPABILITIES}"),
        format!("CapBnd:\t{BOUNDS}"),
        "NoNewPrivs:\t1".to_owned(),
        // The unit's filter of system calls.
        "Seccomp:\t2".to_owned(),
    ] {
        assert!(process.contains(&line), "no {line:?} in {process}");
    }
    assert_eq!(status()["state"], "running");
    assert_eq!(mode(), "enforce");
    let program = attached().expect("a program on the interface");

    configure("mode = 'observe'");
    done("reload ftp-track");
    assert!(wait_until(PATIENCE, || mode() == "observe"), "{}", state());
    assert_eq!(main_process(), first);

    // The watchdog ends a daemon that hangs, and another one takes over.
    kill(first, Signal::SIGSTOP).unwrap();
    let is_back = || {
        let now = main_process();
        now != first && now.as_raw() != 0 && property("ActiveState") == "active"
    };
    assert!(wait_until(PATIENCE, is_back), "{}", state());
    assert_eq!(property("NRestarts"), "1", "{}", state());
    assert_eq!(status()["state"], "running");
    assert!(attached().is_some_and(|now| now != program));

    // What was said in the unit: the programs go on, until somebody takes them away.
    done("stop ftp-track");
    assert_eq!(property("ActiveState"), "inactive");
    assert_eq!(property("Result"), "success");
    assert_eq!(status()["state"], "left");
    assert!(attached().is_some());
    let stopped = ask("stop");
    assert!(stopped.status.success(), "{stopped:?}");
    assert_eq!(attached(), None);
    assert_eq!(status()["state"], "absent");
}

/// Waits until the daemon says that it is tracking, and `what` else.
fn wait_for(what: &str) {
    let says = || property("StatusText").contains(what);
    assert!(wait_until(PATIENCE, says), "no {what:?}: {}", state());
}

/// The default where the firewall needs conntrack. nf_conntrack is a module in all of Debian's
/// kernels; its functions are shown only to a privilege that a reload has no more.
#[test]
fn conntrack_mode_after_a_reload() {
    assert!(Path::new("/sys/module/nf_conntrack/initstate").exists());
    install();
    let mut nft = process::command("nft");
    process::run_with_input(nft.args(["-f", "-"]), RULES).unwrap();

    configure("");
    done("start ftp-track");
    wait_for("control ports 21; mode conntrack (by default");
    assert_eq!(mode(), "conntrack");
    configure("control_ports = [21, 2121]");
    done("reload ftp-track");
    wait_for("control ports 21, 2121; mode conntrack (by default");
    assert_eq!(mode(), "conntrack");

    // What was taken at the start is there, whatever mode it started in.
    configure("mode = 'observe'");
    done("restart ftp-track");
    wait_for("control ports 21; mode observe");
    assert_eq!(mode(), "observe");
    configure("mode = 'conntrack'");
    done("reload ftp-track");
    wait_for("control ports 21; mode conntrack");
    assert_eq!(mode(), "conntrack");

    done("stop ftp-track");
    assert!(ask("stop").status.success());
    let mut nft = process::command("nft");
    process::run(nft.args(["delete", "table", "inet", "filter"])).unwrap();
}

/// Another attempt is worth it after everything but wrong settings.
#[test]
fn what_is_tried_again() {
    install();
    configure("mode = 'conntract'");
    let started = systemctl("start ftp-track");
    assert!(!started.status.success());
    assert_eq!(property("ActiveState"), "failed", "{}", state());
    assert_eq!(property("ExecMainStatus"), "2", "{}", state());
    assert_eq!(property("NRestarts"), "0", "{}", state());
    assert_eq!(property("StartLimitIntervalUSec"), "0");

    // Somebody else's program is in the way for a while.
    configure("mode = 'enforce'\nname = 'other'");
    let mut first = Command::new(PROGRAM);
    first.args(["run", "--config", "/etc/ftp-track.toml"]);
    let mut first = first.spawn().unwrap();
    assert!(wait_until(PATIENCE, || attached().is_some()));
    configure("mode = 'enforce'");
    assert!(!systemctl("start ftp-track").status.success());
    let is_tried = || {
        property("NRestarts")
            .parse()
            .is_ok_and(|count: u32| count >= 2)
    };
    assert!(wait_until(PATIENCE, is_tried), "{}", state());
    kill(Pid::from_raw(first.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert!(first.wait().unwrap().success());
    let is_there = || property("ActiveState") == "active";
    assert!(wait_until(PATIENCE, is_there), "{}", state());

    done("stop ftp-track");
    assert!(ask("stop").status.success());
}
