//! Bypass mode: admitted data connections go past a firewall that refuses them, and nothing else
//! does.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Firewall, Host, LAN, Lab};
use ftp_track_tests::matrix;
use ftp_track_tests::process;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};
use nix::sys::socket::{setsockopt, sockopt::RcvBuf};

const PATIENCE: Duration = Duration::from_secs(20);

/// Who sends the packets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// TC sends all of them.
    Tc,
    /// XDP sends all of them.
    Xdp,
    /// XDP sends what it can, and TC the rest.
    Both,
}

fn start(lab: &Lab, sender: Sender) -> Tracker<'_> {
    // XDP may send frames to a veth whose other end receives by NAPI, and knows no checksums that
    // are yet to be completed.
    let (gro, tx) = match sender {
        Sender::Tc => ("off", "on"),
        Sender::Xdp => ("on", "off"),
        Sender::Both => ("on", "on"),
    };
    for host in [Host::Client, Host::Server] {
        let mut ethtool = lab.namespace(host).command("ethtool");
        ethtool.args(["-K", "eth0", "gro", gro, "tx", tx]);
        assert!(ethtool.output().unwrap().status.success());
    }
    let mode = match sender {
        Sender::Tc => TrackerMode::Bypass,
        Sender::Xdp | Sender::Both => TrackerMode::BypassByXdp,
    };
    Tracker::start(lab, mode).unwrap()
}

/// Every client, and not one packet of a data connection in the firewall's sight.
fn all_cells_pass(family: Family, sender: Sender) {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = start(&lab, sender);
    let before = lab.passage().unwrap();
    let cells = matrix::cells(server.kind(), family);
    let mut passed_cells = 0;
    for cell in cells.iter().filter(|cell| cell.obstacle().is_none()) {
        let outcome = cell.transfer.run(&lab, &server, PATIENCE).unwrap();
        assert_eq!(outcome, Outcome::Complete, "{cell}\n{}", tracker.log());
        passed_cells += 1;
    }
    let passed = lab.passage().unwrap().since(before);
    assert!(
        passed_cells > 8 && passed.control_opened >= passed_cells,
        "{passed:?}"
    );
    assert_eq!((passed.data_opened, passed.data_bytes), (0, 0));
    let counter = |name| tracker.counter(name).unwrap();
    let (frames, packets) = (counter("sent_by_frame"), counter("sent_by_packet"));
    println!("{family}, {sender:?}: {passed_cells} cells, {frames} frames, {packets} packets");
    assert_eq!(counter("not_plain"), 0);
    assert_eq!(frames > 0, sender != Sender::Tc);
    assert_eq!(packets > 0, sender != Sender::Xdp);
    assert_eq!(frames + packets, counter("related") + counter("expected"));
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn ipv4_by_tc() {
    all_cells_pass(Family::V4, Sender::Tc);
}

#[test]
fn ipv6_by_tc() {
    all_cells_pass(Family::V6, Sender::Tc);
}

#[test]
fn ipv4_by_xdp() {
    all_cells_pass(Family::V4, Sender::Xdp);
}

#[test]
fn ipv6_by_xdp() {
    all_cells_pass(Family::V6, Sender::Xdp);
}

/// Checksums that nobody has completed: XDP leaves these frames to TC.
#[test]
fn ipv4_by_both() {
    all_cells_pass(Family::V4, Sender::Both);
}

/// The client's card is replaced in the middle of a download: the new address is used within a
/// second, though nothing but bypassed packets comes by.
fn follows_a_new_neighbour(sender: Sender) {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = start(&lab, sender);
    let mut control = Control::open(&lab, &server, Family::V4).unwrap();
    control.command("TYPE I", "200").unwrap();
    let announcement = control.announce(Mode::Passive).unwrap();
    let address = announcement.responder().unwrap();
    let client = lab.namespace(Host::Client);
    let connect = || TcpStream::connect_timeout(&address, PATIENCE);
    let mut data = client.enter(connect).unwrap().unwrap();
    // Small, so that most of the file is still to come when the address changes.
    setsockopt(&data, RcvBuf, &4096).unwrap();
    data.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = server.download_name();
    control.command(&format!("RETR {name}"), "150").unwrap();
    let mut file = vec![0; 10_000];
    data.read_exact(&mut file).unwrap();

    let card = "02:00:00:00:00:77";
    let mut link = client.command("ip");
    link.args(["link", "set", "eth0", "address", card]);
    let mut neighbour = lab.namespace(Host::Gateway).command("ip");
    let [host, lan] = [Host::Client.address(Family::V4).to_string(), LAN.to_owned()];
    neighbour.args(["neighbour", "replace", &host, "lladdr", card, "dev", &lan]);
    for mut command in [link, neighbour] {
        assert!(command.output().unwrap().status.success());
    }
    data.read_to_end(&mut file).unwrap();
    assert!(file == fs::read(server.download_file()).unwrap());
    control.end_data().unwrap();
    let passed = lab.passage().unwrap();
    assert_eq!((passed.data_opened, passed.data_bytes), (0, 0));
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn follows_a_new_neighbour_by_tc() {
    follows_a_new_neighbour(Sender::Tc);
}

#[test]
fn follows_a_new_neighbour_by_xdp() {
    follows_a_new_neighbour(Sender::Xdp);
}

/// The way out carries less than what comes in: the gateway tells the server so, as it would
/// without ftp-track, and the file arrives.
fn too_big_for_the_way_out(family: Family, sender: Sender) {
    const NARROW: &str = "1300";
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let tracker = start(&lab, sender);
    // The client goes on to say that it takes 1500.
    let mut link = lab.namespace(Host::Gateway).command("ip");
    process::run(link.args(["link", "set", LAN, "mtu", NARROW])).unwrap();
    let before = lab.passage().unwrap();
    for mode in Mode::ALL {
        let transfer = Client::Curl.transfer(mode, family, Direction::Download);
        let outcome = transfer.run(&lab, &server, PATIENCE).unwrap();
        assert_eq!(outcome, Outcome::Complete, "{transfer}\n{}", tracker.log());
    }
    assert_eq!(lab.passage().unwrap().since(before).data_bytes, 0);
    let mut routes = lab.namespace(Host::Server).command("ip");
    let flag = if family == Family::V4 { "-4" } else { "-6" };
    let client = Host::Client.address(family).to_string();
    let told = process::run(routes.args([flag, "route", "get", &client])).unwrap();
    assert!(told.contains(&format!("mtu {NARROW}")), "{told}");
    assert!(tracker.counter("not_plain").unwrap() > 0);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn too_big_over_ipv4_by_tc() {
    too_big_for_the_way_out(Family::V4, Sender::Tc);
}

#[test]
fn too_big_over_ipv4_by_xdp() {
    too_big_for_the_way_out(Family::V4, Sender::Xdp);
}

#[test]
fn too_big_over_ipv6_by_xdp() {
    too_big_for_the_way_out(Family::V6, Sender::Xdp);
}

/// When it stops, the firewall has the last word again.
#[test]
fn nothing_is_left() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::ControlOnly).unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Bypass).unwrap();
    let transfer = Client::Curl.transfer(Mode::Passive, Family::V4, Direction::Download);
    assert_eq!(
        transfer.run(&lab, &server, PATIENCE).unwrap(),
        Outcome::Complete
    );
    assert!(tracker.stop().unwrap().success());
    let outcome = transfer.run(&lab, &server, Duration::from_secs(3)).unwrap();
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}
