//! The daemon is killed or ends, and another one takes over, while real transfers run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ftp_track_tests::client::Client;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, LAN, Lab};
use ftp_track_tests::pace;
use ftp_track_tests::process::{self, Service};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{
    Listing, OTHER_VERSION, Tracker, TrackerMode, ask, attached, binary, command, json, list,
    other_build, run_command, run_command_of, tags, traces,
};
use ftp_track_tests::transfer::{Direction, Mode, Outcome, Transfer};

const RESTARTS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(20);

/// The daemon of a build, which is to leave its programs at work.
fn start<'a>(lab: &'a Lab, build: &Path) -> Tracker<'a> {
    let mut command = run_command_of(build, lab, TrackerMode::Enforce).unwrap();
    command.arg("--keep");
    Tracker::start_as(lab, command).unwrap()
}

/// Ends the daemon, now by SIGKILL and now by SIGTERM, and starts that of the next of `builds`; in
/// between, and after, an announcement made before is used.
fn restart<'a>(
    lab: &'a Lab,
    builds: &[Build],
    tracker: Tracker<'a>,
    control: &mut Control<'_>,
    turn: usize,
) -> (Tracker<'a>, Duration) {
    let build = &builds[(turn + 1) % builds.len()];
    let announcement = control.announce(Mode::ALL[turn / 2 % 2]).unwrap();
    let expected = |count| {
        let expectations = list(lab, Listing::Expectations).unwrap();
        let ours: Vec<_> = expectations
            .iter()
            .filter(|entry| {
                entry["state"] == "armed"
                    && entry["responder"]["port"] == announcement.responder().unwrap().port()
            })
            .collect();
        assert_eq!(ours.len(), count, "turn {turn}: {expectations:?}");
    };
    expected(1);
    let session = session_of(lab, control);
    let start = Instant::now();
    // Each build is ended either way.
    if (turn / builds.len()).is_multiple_of(2) {
        tracker.kill().unwrap();
    } else {
        assert!(tracker.stop().unwrap().success());
    }
    assert_eq!(
        attached(lab).unwrap().len(),
        2,
        "turn {turn}: no program while no daemon runs"
    );
    let mut data = None;
    if turn.is_multiple_of(3) {
        data = Some(control.open_data(&announcement).unwrap());
    }
    let tracker = self::start(lab, &build.binary);
    let gap = start.elapsed();
    assert!(tracker.log().contains("took over"), "{}", tracker.log());
    assert_eq!(
        json(lab, "status").unwrap()["daemon"]["version"],
        build.version,
        "turn {turn}"
    );
    assert_eq!(
        session_of(lab, control),
        session,
        "turn {turn}: another session"
    );
    let data = data.unwrap_or_else(|| {
        expected(1);
        control.open_data(&announcement).unwrap()
    });
    drop(data);
    control.end_data().unwrap();
    (tracker, gap)
}

fn session_of(lab: &Lab, control: &Control<'_>) -> u64 {
    let (client, _) = control.addresses().unwrap();
    let sessions = list(lab, Listing::Sessions).unwrap();
    let ours = sessions
        .iter()
        .find(|entry| entry["client"]["port"] == client.port());
    ours.unwrap_or_else(|| panic!("no session in {sessions:?}"))["id"]
        .as_u64()
        .unwrap()
}

/// A binary, and what it says of itself.
struct Build {
    binary: PathBuf,
    version: &'static str,
}

impl Build {
    fn this() -> Self {
        Self {
            binary: binary().unwrap(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

#[test]
fn twenty_restarts_lose_nothing() {
    lose_nothing(&[Build::this()]);
}

/// Upgrades and downgrades in turn, between builds with other kernel programs.
#[test]
fn twenty_changes_of_the_build_lose_nothing() {
    let other = Build {
        binary: other_build().unwrap(),
        version: OTHER_VERSION,
    };
    let tags = lose_nothing(&[Build::this(), other]);
    // Two builds, of which each is at work ten times, and both interfaces have its program.
    let [first, second] = [&tags[0], &tags[1]];
    assert!(first[0] == first[1] && second[0] == second[1] && first != second);
    for pair in tags.chunks(2) {
        assert_eq!(pair, [first.clone(), second.clone()]);
    }
}

/// Restarts, each with the next of `builds`, while transfers run. Gives the tags of the programs that
/// were at work after each.
fn lose_nothing(builds: &[Build]) -> Vec<Vec<String>> {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let mut tracker = start(&lab, &builds[0].binary);
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    let repeated = || {
        let hosts = [Host::Client, Host::Server];
        let each = hosts.map(|host| pace::retransmissions(&lab, host).unwrap());
        each.iter().sum::<u64>()
    };
    let before = repeated();
    let end = AtomicBool::new(false);
    let mut transfers = 0;
    let (delivery, (longest, tags)) = thread::scope(|scope| {
        let pacing = scope.spawn(|| pace::run(&lab, Family::V4, &end).unwrap());
        let (lab, end) = (&lab, &end);
        let restarting = scope.spawn(move || {
            // However it ends, the others have to end too.
            let _ending = OnDrop(end);
            let mut longest = Duration::ZERO;
            let mut tags = Vec::new();
            for turn in 0..RESTARTS {
                let (next, gap) = restart(lab, builds, tracker, &mut control, turn);
                tracker = next;
                longest = longest.max(gap);
                tags.push(self::tags(lab).unwrap());
            }
            drop(tracker);
            (longest, tags)
        });
        while !end.load(Ordering::Relaxed) {
            let transfer = Transfer {
                client: Client::Ftplib,
                mode: Mode::ALL[transfers % 2],
                family: Family::V4,
                direction: Direction::ALL[transfers / 2 % 2],
            };
            let outcome = transfer.run(lab, &server, PATIENCE).unwrap();
            assert_eq!(outcome, Outcome::Complete, "{transfer}");
            transfers += 1;
        }
        (pacing.join().unwrap(), restarting.join().unwrap())
    });
    let repeated = repeated() - before;
    println!(
        "{RESTARTS} restarts of {} builds, the longest {longest:?}: {} of {} datagrams lost, \
         {repeated} TCP segments sent again, {transfers} transfers complete",
        builds.len(),
        delivery.lost(),
        delivery.sent
    );
    assert!(transfers >= RESTARTS / 2, "only {transfers} transfers");
    assert!(delivery.sent > 1000);
    assert_eq!(delivery.lost(), 0);
    // TCP on a busy machine sends segments again that nobody lost; ours dropped none.
    let stats = json(&lab, "stats").unwrap();
    for reason in ["unexpected", "held_back"] {
        assert_eq!(stats["counters"][reason], 0, "{reason}");
    }
    let said = ask(&lab, "stop").unwrap();
    assert!(said.contains("removed the programs"), "{said}");
    assert!(attached(&lab).unwrap().is_empty());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
    tags
}

struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What an armed expectation and a running transfer need is kept; settings are replaced.
#[test]
fn another_mode_takes_over() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    tracker.kill().unwrap();
    assert_eq!(json(&lab, "status").unwrap()["state"], "left");
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let status = json(&lab, "status").unwrap();
    assert_eq!(status["state"], "running");
    assert_eq!(status["settings"]["modes"][0], "enforce");
    control.open_data(&announcement).unwrap();
    assert!(tracker.stop().unwrap().success());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
}

/// An interface that is no longer named is let go.
#[test]
fn fewer_interfaces() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    tracker.kill().unwrap();
    let mut command = command(&lab, "run").unwrap();
    command.args(["--interface", LAN, "--hook", "xdp"]);
    let tracker = Tracker::start_as(&lab, command).unwrap();
    assert_eq!(attached(&lab).unwrap(), [format!("\"{LAN}\"")]);
    assert!(tracker.stop().unwrap().success());
}

fn pins(lab: &Lab) -> PathBuf {
    let is_pins = |path: &PathBuf| path.starts_with("/sys/fs/bpf") && path.is_dir();
    traces(lab.name()).into_iter().find(is_pins).unwrap()
}

fn refused(lab: &Lab, wanted: &[&str]) {
    let command = run_command(lab, TrackerMode::Enforce).unwrap();
    let log = lab.folder().join("refused.log");
    let mut service = Service::start("refused", command, &log).unwrap();
    let end = service.wait_end(PATIENCE).expect("it runs");
    assert_eq!(end.code(), Some(3), "{}", service.log());
    for text in wanted {
        assert!(service.log().contains(text), "{text}: {}", service.log());
    }
}

/// Maps of another size, and things that are no maps, are refused until the administrator decides.
#[test]
fn pins_that_do_not_match_are_refused() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    tracker.kill().unwrap();
    let flows = pins(&lab).join("FLOWS");
    fs::remove_file(&flows).unwrap();
    let path = flows.to_str().unwrap();
    let map = [
        "type", "hash", "key", "4", "value", "8", "entries", "16", "name", "FLOWS",
    ];
    let mut bpftool = process::command("bpftool");
    process::run(bpftool.args(["map", "create", path]).args(map)).unwrap();
    refused(&lab, &[path, "keys of 4", "--replace", "ftp-track stop"]);
    assert_eq!(
        attached(&lab).unwrap().len(),
        2,
        "the old programs are gone"
    );
    // The links are still good, so there is no moment without a program.
    let tracker = Tracker::start_with(&lab, TrackerMode::Enforce, &["--replace"]).unwrap();
    assert_eq!(attached(&lab).unwrap().len(), 2);
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    control.open_data(&announcement).unwrap();
    assert!(tracker.stop().unwrap().success());
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
}

/// The pins of another layout are at work: they are named, and replaced on demand, without a gap.
#[test]
fn another_layout_is_replaced_on_demand() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    tracker.kill().unwrap();
    let ours = pins(&lab);
    let other = Path::new("/sys/fs/bpf/ftp-track/v9999").join(lab.name());
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::rename(&ours, &other).unwrap();
    refused(&lab, &["layout 9999", "--replace"]);
    let status = ask(&lab, "status").unwrap();
    assert!(status.contains("layout 9999"), "{status}");
    let end = AtomicBool::new(false);
    let delivery = thread::scope(|scope| {
        let pacing = scope.spawn(|| pace::run(&lab, Family::V4, &end).unwrap());
        let tracker = Tracker::start_with(&lab, TrackerMode::Enforce, &["--replace"]).unwrap();
        assert!(!other.exists());
        assert_eq!(attached(&lab).unwrap().len(), 2);
        end.store(true, Ordering::Relaxed);
        assert!(tracker.stop().unwrap().success());
        pacing.join().unwrap()
    });
    assert_eq!(delivery.lost(), 0);
    assert!(traces(lab.name()).is_empty(), "{:?}", traces(lab.name()));
}
