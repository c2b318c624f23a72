//! Conntrack zones: clients and servers with the same addresses, kept apart by the interface.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{Announcement, Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::recipe;
use ftp_track_tests::server::{CONTROL_PORT, PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, ask, command};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

const PATIENCE: Duration = Duration::from_secs(20);
/// For transfers that are to fail.
const SHORT: Duration = Duration::from_secs(3);

/// The zones of the first and of the second pair of interfaces.
const ZONES: [u64; 2] = [5, 6];

/// The documentation's rules for conntrack mode, and those that put connections into zones.
fn set_firewall(lab: &Lab) {
    recipe::load(lab, "conntrack").unwrap();
    recipe::load(lab, "Conntrack zones").unwrap();
}

fn write(lab: &Lab, groups: &str) {
    let path = lab.folder().join("ftp-track.toml");
    let text = format!("control_ports = [{CONTROL_PORT}]\nmode = 'conntrack'\n{groups}");
    fs::write(path, text).unwrap();
}

fn start<'a>(lab: &'a Lab, groups: &str) -> Tracker<'a> {
    write(lab, groups);
    let mut run = command(lab, "run").unwrap();
    run.arg("--config").arg(lab.folder().join("ftp-track.toml"));
    Tracker::start_as(lab, run).unwrap()
}

fn group(interfaces: [&str; 2], zone: u64) -> String {
    format!("[[group]]\ninterfaces = {interfaces:?}\nzone = {zone}\n")
}

/// A session's PORT or EPRT for a port that is chosen here.
fn announce_port(lab: &Lab, control: &mut Control<'_>, family: Family, port: u16) -> Announcement {
    let address = SocketAddr::new(Host::Client.address(family), port);
    let listener = listen(lab, Host::Client, address).unwrap();
    control.name(address).unwrap();
    Announcement::Client(listener)
}

/// Both pairs of hosts at once, with the same addresses and, in active mode, the same ports.
#[test]
fn the_same_addresses_in_two_zones() {
    let labs = [Lab::new().unwrap(), Lab::new().unwrap()];
    let [lab, other] = &labs;
    lab.join(other).unwrap();
    set_firewall(lab);
    let groups = group(["lan", "wan"], ZONES[0]) + &group(["lan2", "wan2"], ZONES[1]);
    let tracker = start(lab, &groups);
    for family in Family::ALL {
        let start = |lab| Server::start(lab, ServerKind::Vsftpd, family).unwrap();
        let servers = labs.each_ref().map(start);
        let pairs = || labs.iter().zip(&servers);
        let mut controls: Vec<Control<'_>> = pairs()
            .map(|(lab, server)| Control::open(lab, server, family).unwrap())
            .collect();
        let port = 50_007;
        // Announced in the first zone only.
        let first = announce_port(lab, &mut controls[0], family, port);
        let address = first.responder().unwrap();
        let there = listen(other, Host::Client, address).unwrap();
        assert!(!reaches(other, Host::Server, address).unwrap(), "{family}");
        drop(there);
        let second = announce_port(other, &mut controls[1], family, port);
        let seen = || zones(&tracker.list(Listing::Expectations).unwrap());
        assert_eq!(seen(), ZONES, "{family}: {}", tracker.log());

        let mut data = Vec::new();
        for (control, announcement) in controls.iter_mut().zip([&first, &second]) {
            let opened = control.open_data(announcement);
            data.push(opened.unwrap_or_else(|error| panic!("{family}: {error:#}")));
        }
        let entries = || {
            let from = Host::Server.address(family);
            lab.conntrack(from, address).unwrap()
        };
        for zone in ZONES {
            let word = format!("zone={zone}");
            let is_there = || {
                let entries = entries();
                entries.len() == 2 && entries.iter().filter(|it| it.has(&word)).count() == 1
            };
            assert!(wait_until(PATIENCE, is_there), "{family}: {:?}", entries());
        }
        let flows = tracker.list(Listing::Flows).unwrap();
        assert_eq!(zones(&flows), ZONES, "{flows:?}");
        for (control, data) in controls.iter_mut().zip(data) {
            control.close_data(data).unwrap();
        }
        for (lab, server) in pairs() {
            for mode in Mode::ALL {
                let transfer = Client::Curl.transfer(mode, family, Direction::Download);
                let outcome = transfer.run(lab, server, PATIENCE).unwrap();
                assert_eq!(outcome, Outcome::Complete, "{transfer}: {}", tracker.log());
            }
        }
    }
    assert_eq!(tracker.counter("conntrack_failed").unwrap(), 0);
    assert!(tracker.stop().unwrap().success());
}

/// The zones of what is listed.
fn zones(entries: &[serde_json::Value]) -> Vec<u64> {
    let mut zones: Vec<u64> = entries
        .iter()
        .filter_map(|it| it["zone"].as_u64())
        .collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// The firewall looks for entries in its own zone.
#[test]
fn another_zone_than_the_firewalls() {
    let lab = Lab::new().unwrap();
    set_firewall(&lab);
    let family = Family::V4;
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let outcome = |mode: Mode, patience| {
        let transfer = Client::Curl.transfer(mode, family, Direction::Download);
        transfer.run(&lab, &server, patience).unwrap()
    };
    let groups = group(["lan", "wan"], 7);
    let tracker = start(&lab, &groups);
    for mode in Mode::ALL {
        let outcome = outcome(mode, SHORT);
        assert!(matches!(outcome, Outcome::Failed(_)), "{mode}: {outcome:?}");
    }
    let made = || tracker.counter("conntrack_made").unwrap();
    assert!(
        made() >= 2,
        "they were expected, and got entries: {}",
        made()
    );
    write(&lab, &group(["lan", "wan"], ZONES[0]));
    ask(&lab, "reload").unwrap();
    for mode in Mode::ALL {
        assert_eq!(outcome(mode, PATIENCE), Outcome::Complete, "{mode}");
    }
    assert!(tracker.stop().unwrap().success());
}

/// What is added, listed, explained and deleted by hand is in a zone, too.
#[test]
fn by_hand() {
    let lab = Lab::new().unwrap();
    set_firewall(&lab);
    let family = Family::V4;
    let groups = group(["lan", "wan"], ZONES[0]);
    let tracker = start(&lab, &groups);
    let (client, server) = (Host::Client.address(family), Host::Server.address(family));
    let address = SocketAddr::new(server, PASSIVE_PORTS.1 + 1);
    let _listener = listen(&lab, Host::Server, address).unwrap();
    let add = |zone| {
        let command = format!("add expectation --from {client} --to {address} --zone {zone}");
        ask(&lab, &command).unwrap()
    };
    add(0);
    assert!(!reaches(&lab, Host::Client, address).unwrap());
    let said = add(ZONES[0]);
    assert!(said.contains(&format!("{address} in zone 5,")), "{said}");
    let listed = ask(&lab, "list expectations").unwrap();
    assert!(
        listed.contains("ZONE") && listed.contains(" 5 "),
        "{listed}"
    );
    let delete = format!("delete expectation {client} {address}");
    let deleted = ask(&lab, &delete).unwrap();
    assert!(
        !deleted.contains("zone"),
        "the one in the default zone: {deleted}"
    );
    ask(&lab, &delete).unwrap_err();
    assert!(reaches(&lab, Host::Client, address).unwrap());

    let vsftpd = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let mut control = Control::open(&lab, &vsftpd, family).unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    let data = control.open_data(&announcement).unwrap();
    let told = ask(&lab, &format!("explain {client} {server}")).unwrap();
    assert!(told.contains("in zone 5 (clear)"), "{told}");
    assert!(told.contains("in zone 5 was admitted"), "{told}");
    assert!(tracker.log().contains(" zone=5"), "{}", tracker.log());
    let (here, there) = (data.local_addr().unwrap(), data.peer_addr().unwrap());
    let delete = format!("delete flow {here} {there}");
    ask(&lab, &delete).unwrap_err();
    let deleted = ask(&lab, &format!("{delete} --zone 5")).unwrap();
    assert!(deleted.contains("in zone 5"), "{deleted}");
    assert!(tracker.stop().unwrap().success());
}
