//! A configuration file at work: rules by client, groups of interfaces, and another policy while data
//! flows.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::{Control, listen, reaches};
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::server::{CONTROL_PORT, PASSIVE_PORTS, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, ask, command, json};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

const PATIENCE: Duration = Duration::from_secs(20);
/// For transfers that are to fail.
const SHORT: Duration = Duration::from_secs(3);

fn write(lab: &Lab, text: &str) -> PathBuf {
    let path = lab.folder().join("ftp-track.toml");
    fs::write(&path, format!("control_ports = [{CONTROL_PORT}]\n{text}")).unwrap();
    path
}

fn start<'a>(lab: &'a Lab, text: &str) -> Tracker<'a> {
    let mut run = command(lab, "run").unwrap();
    run.arg("--config").arg(write(lab, text));
    Tracker::start_as(lab, run).unwrap()
}

const ENFORCE: &str = "interfaces = ['lan', 'wan']\nmode = 'enforce'\n";

/// Over IPv4 the client may use passive mode only, over IPv6 it may not use FTP.
#[test]
fn rules_by_client() {
    let lab = Lab::new().unwrap();
    let rules = "[[rule]]\nname = 'four'\nclient = '192.0.2.0/24'\nactive = false\n\
                 [[rule]]\nname = 'six'\nclient = '2001:db8:1::/64'\naction = 'refuse'\n";
    let tracker = start(&lab, &format!("{ENFORCE}{rules}"));
    for (family, mode, works) in [
        (Family::V4, Mode::Passive, true),
        (Family::V4, Mode::Active, false),
        (Family::V6, Mode::Passive, false),
    ] {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        let transfer = Client::Curl.transfer(mode, family, Direction::Download);
        let patience = if works { PATIENCE } else { SHORT };
        let outcome = transfer.run(&lab, &server, patience).unwrap();
        assert_eq!(
            outcome == Outcome::Complete,
            works,
            "{transfer}: {outcome:?}"
        );
    }
    assert!(tracker.counter("active_forbidden").unwrap() > 0);
    assert!(tracker.counter("refused_by_policy").unwrap() > 0);
    assert!(tracker.stop().unwrap().success());
}

/// What comes in by the one interface is dropped, by the other it passes.
#[test]
fn groups_with_modes_of_their_own() {
    let lab = Lab::new().unwrap();
    let groups = "[[group]]\ninterfaces = ['lan']\nmode = 'enforce'\n\
                  [[group]]\ninterfaces = ['wan']\nmode = 'observe'\n";
    let tracker = start(&lab, groups);
    let ways = [
        (Host::Client, Host::Server, false),
        (Host::Server, Host::Client, true),
    ];
    for (from, to, passes) in ways {
        let address = SocketAddr::new(to.address(Family::V4), PASSIVE_PORTS.1 + 1);
        let _listener = listen(&lab, to, address).unwrap();
        assert_eq!(
            reaches(&lab, from, address).unwrap(),
            passes,
            "{from} to {to}"
        );
    }
    assert!(tracker.stop().unwrap().success());
}

/// By each interface other ports are let in, and by one nothing but TCP; a reload changes both.
#[test]
fn ports_and_protocols_of_groups() {
    let lab = Lab::new().unwrap();
    let listeners = [Host::Client, Host::Server].map(|host| {
        let address = SocketAddr::new(host.address(Family::V4), ALLOWED);
        listen(&lab, host, address).unwrap()
    });
    let reaches_both = || {
        [(Host::Client, 1), (Host::Server, 0)].map(|(from, to): (_, usize)| {
            let address = listeners[to].local_addr().unwrap();
            reaches(&lab, from, address).unwrap()
        })
    };
    let lan_only = format!(
        "mode = 'enforce'\nallow_ports = {ALLOWED}\n[[group]]\ninterfaces = 'lan'\nnot_tcp = 'drop'\n\
         [[group]]\ninterfaces = 'wan'\nallow_ports = []\n"
    );
    let tracker = start(&lab, &lan_only);
    assert_eq!(reaches_both(), [true, false]);
    assert!(!datagram_passes(&lab));
    assert!(tracker.counter("not_tcp_dropped").unwrap() > 0);

    let wan_only = format!(
        "interfaces = 'lan'\nmode = 'enforce'\n[[group]]\ninterfaces = 'wan'\nallow_ports = {ALLOWED}\n"
    );
    write(&lab, &wan_only);
    ask(&lab, "reload").unwrap();
    assert_eq!(reaches_both(), [false, true]);
    assert!(datagram_passes(&lab));
    assert!(tracker.stop().unwrap().success());
}

/// Outside of what servers offer.
const ALLOWED: u16 = PASSIVE_PORTS.1 + 7;

/// Whether a datagram of the client comes to the server.
fn datagram_passes(lab: &Lab) -> bool {
    let [here, there] = [Host::Client, Host::Server].map(|host| {
        let bind = || UdpSocket::bind((host.address(Family::V4), 0));
        lab.namespace(host).enter(bind).unwrap().unwrap()
    });
    there
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    here.send_to(b"x", there.local_addr().unwrap()).unwrap();
    there.recv(&mut [0; 8]).is_ok()
}

/// A reload leaves the running data connection alone and counts for the next one; one that is wrong
/// changes nothing.
#[test]
fn another_policy_while_data_flows() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = start(&lab, ENFORCE);
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    let data = control.open_data(&announcement).unwrap();

    write(&lab, &format!("{ENFORCE}passiv = false\n"));
    let wrong = command(&lab, "reload").unwrap().output().unwrap();
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!(wrong.status.code(), Some(2), "{said}");
    assert!(said.contains("did you mean `passive`?"), "{said}");
    assert!(said.contains("ftp-track.toml:4:1"), "{said}");

    let rule = "[[rule]]\nserver = '198.51.100.0/24'\npassive = false\n";
    write(&lab, &format!("{ENFORCE}{rule}"));
    ask(&lab, "reload").unwrap();
    let status = json(&lab, "status").unwrap();
    assert_eq!(status["settings"]["rules"], 2, "{status}");
    assert_eq!(tracker.list(Listing::Flows).unwrap().len(), 1);
    control.close_data(data).unwrap();

    let refused = control.announce(Mode::Passive).unwrap();
    assert!(!reaches(&lab, Host::Client, refused.responder().unwrap()).unwrap());
    assert_eq!(tracker.counter("passive_forbidden").unwrap(), 1);

    write(&lab, ENFORCE);
    ask(&lab, "reload").unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    let data = control.open_data(&announcement).unwrap();
    control.close_data(data).unwrap();
    assert!(tracker.stop().unwrap().success());
}
