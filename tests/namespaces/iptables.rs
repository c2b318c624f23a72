//! iptables asks the pinned program: its rule admits what FTP has announced, and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process;
use ftp_track_tests::recipe;
use ftp_track_tests::server::{PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

/// The recipe that uses `program`, for the lab's instance.
fn rules(lab: &Lab, program: &str) -> String {
    let blocks = recipe::blocks("iptables -m bpf", "sh").unwrap();
    let block = blocks.iter().find(|block| block.contains(program));
    let block = block.unwrap_or_else(|| panic!("no block uses {program}"));
    block.replace("/default/", &format!("/{}/", lab.name()))
}

fn run(lab: &Lab, script: &str) {
    let mut shell = lab.namespace(Host::Gateway).command("sh");
    process::run_with_input(shell.args(["-e", "-s"]), script).unwrap();
}

fn recipe_works(program: &str) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Observe).unwrap();
    let rules = rules(&lab, program);
    let (before, last) = rules.trim_end().rsplit_once('\n').unwrap();
    assert!(last.contains("--object-pinned"), "{last}");
    let transfer = |mode, patience| {
        let transfer = Client::Curl.transfer(mode, Family::V4, Direction::Download);
        let patience = Duration::from_secs(patience);
        transfer.run(&lab, &server, patience).unwrap()
    };
    run(&lab, before);
    for mode in Mode::ALL {
        let outcome = transfer(mode, 3);
        assert!(matches!(outcome, Outcome::Failed(_)), "{mode}: {outcome:?}");
    }
    run(&lab, last);
    for mode in Mode::ALL {
        assert_eq!(transfer(mode, 20), Outcome::Complete, "{mode}");
    }
    for (from, to) in [(Host::Client, Host::Server), (Host::Server, Host::Client)] {
        let address = SocketAddr::new(to.address(Family::V4), PASSIVE_PORTS.1 + 1);
        let _listener = listen(&lab, to, address).unwrap();
        assert!(!reaches(&lab, from, address).unwrap(), "{from} to {to}");
    }
    // The rule stays, and what it asks has nothing to say any more.
    assert!(tracker.stop().unwrap().success());
    for mode in Mode::ALL {
        let outcome = transfer(mode, 3);
        assert!(matches!(outcome, Outcome::Failed(_)), "{mode}: {outcome:?}");
    }
}

#[test]
fn of_nftables() {
    recipe_works("iptables-nft");
}

#[test]
fn legacy() {
    recipe_works("iptables-legacy");
}
