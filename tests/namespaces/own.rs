//! The gateway's own FTP: a server on the gateway, and a client.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode, ask, json, run_command};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

const PATIENCE: Duration = Duration::from_secs(20);

/// Told to leave it alone, ftp-track takes no look at what leaves. The gateway's own control connections
/// work, and admit nothing; what is forwarded is admitted as ever. A reload changes that.
#[test]
fn left_alone() {
    let lab = Lab::new().unwrap();
    let file = lab.folder().join("ftp-track.toml");
    fs::write(&file, "local = false\n").unwrap();
    let mut command = run_command(&lab, TrackerMode::Enforce).unwrap();
    command.arg("--config").arg(&file);
    let tracker = Tracker::start_as(&lab, command).unwrap();
    let family = Family::V4;
    let own = Server::start_on(&lab, Host::Gateway, ServerKind::Vsftpd, family).unwrap();
    let other = Server::start(&lab, ServerKind::Proftpd, family).unwrap();
    let transfer = Client::Curl.transfer(Mode::Passive, family, Direction::Download);
    let run = |server, patience| transfer.run_from(&lab, Host::Client, server, patience);
    let egress = || {
        let status = json(&lab, "status").unwrap();
        status["daemon"]["interfaces"][0]["egress"].clone()
    };

    assert!(egress().is_null());
    assert_eq!(run(&other, PATIENCE).unwrap(), Outcome::Complete);
    let before = lab.passage().unwrap();
    assert!(matches!(
        run(&own, Duration::from_secs(3)).unwrap(),
        Outcome::Failed(_)
    ));
    assert_ne!(tracker.counter("unexpected").unwrap(), 0);
    assert_eq!(lab.passage().unwrap().since(before).data_opened, 0);
    let session = Control::open(&lab, &own, family);
    assert!(
        session.is_ok(),
        "the control connection: {:?}",
        session.err()
    );

    fs::write(&file, "").unwrap();
    ask(&lab, "reload").unwrap();
    assert!(egress().is_string());
    assert_eq!(run(&own, PATIENCE).unwrap(), Outcome::Complete);
    assert_eq!(run(&other, PATIENCE).unwrap(), Outcome::Complete);
    fs::write(&file, "local = false\n").unwrap();
    ask(&lab, "reload").unwrap();
    assert!(egress().is_null());
    assert_eq!(run(&other, PATIENCE).unwrap(), Outcome::Complete);
    assert!(tracker.stop().unwrap().success());
}

/// New flows in a log: each with a line of its own, or summed up with others.
fn logged_flows(log: &str) -> u64 {
    let single = log.matches("[NEW] flow").count() as u64;
    let sums = log.lines().filter_map(|line| {
        let (count, _) = line.split_once("[NEW] ")?.1.split_once(" more flow")?;
        count.parse::<u64>().ok()
    });
    single + sums.sum::<u64>()
}

/// Every mode and direction with some clients, in enforce mode.
fn transfers_work(kind: ServerKind, client: Host, server: Host, family: Family) {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let ftp = Server::start_on(&lab, server, kind, family).unwrap();
    let mut transfers = 0;
    for program in [Client::Curl, Client::Ftplib] {
        for mode in Mode::ALL {
            for direction in Direction::ALL {
                let transfer = program.transfer(mode, family, direction);
                let outcome = transfer.run_from(&lab, client, &ftp, PATIENCE).unwrap();
                let log = tracker.log();
                assert_eq!(outcome, Outcome::Complete, "{transfer}\n{log}");
                transfers += 1;
            }
        }
    }
    assert!(tracker.counter("expected").unwrap() >= transfers);
    assert_eq!(tracker.counter("bad_checksum").unwrap(), 0);
    assert_eq!(tracker.counter("wrong_interface").unwrap(), 0);
    // By then some may have left the map.
    let flows = || logged_flows(&tracker.log());
    assert!(process::wait_until(PATIENCE, || flows() >= transfers));
    // Still a firewall towards the gateway, and none against it.
    let port = PASSIVE_PORTS.1 + 1;
    for (from, to, expect) in [
        (client, server, server != Host::Gateway),
        (server, client, client != Host::Gateway),
    ] {
        let address = SocketAddr::new(to.address(family), port);
        let _listener = listen(&lab, to, address).unwrap();
        assert_eq!(reaches(&lab, from, address).unwrap(), expect, "{from}>{to}");
    }
    assert!(tracker.stop().unwrap().success());
}

macro_rules! each {
    ($($name:ident: $kind:ident, $client:ident, $server:ident, $family:ident;)*) => {$(
        #[test]
        fn $name() {
            transfers_work(ServerKind::$kind, Host::$client, Host::$server, Family::$family);
        }
    )*};
}

each! {
    server_on_the_gateway_ipv4: Vsftpd, Client, Gateway, V4;
    server_on_the_gateway_ipv6: Vsftpd, Client, Gateway, V6;
    eager_server_on_the_gateway: Pyftpdlib, Client, Gateway, V4;
    client_on_the_gateway_ipv4: Vsftpd, Gateway, Server, V4;
    client_on_the_gateway_ipv6: Proftpd, Gateway, Server, V6;
}
