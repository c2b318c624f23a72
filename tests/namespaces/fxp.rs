//! Transfers from server to server (FXP) through the gateway, controlled by one client: vsftpd behind
//! the gateway, ProFTPD on the client's side of it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, command};
use ftp_track_tests::transfer::Mode;

/// How long a server may take to try.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the second server is: beside the client, at an address of its own.
fn beside_the_client(family: Family) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::new(192, 0, 2, 3).into(),
        Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 3).into(),
    }
}

fn servers(lab: &Lab, family: Family) -> (Server, Server) {
    let near = beside_the_client(family);
    let bits = if near.is_ipv4() { 24 } else { 64 };
    let inside = lab.namespace(Host::Client);
    // Never chosen as a source: the client speaks from its own address.
    let add = format!("addr add {near}/{bits} dev eth0 preferred_lft 0");
    process::run(inside.command("ip").args(add.split(' '))).unwrap();
    let far = Host::Server.address(family);
    (
        Server::start_for_fxp(lab, Host::Server, far, ServerKind::Vsftpd).unwrap(),
        Server::start_for_fxp(lab, Host::Client, near, ServerKind::Proftpd).unwrap(),
    )
}

fn start<'a>(lab: &'a Lab, rule: &str) -> Tracker<'a> {
    let path = lab.folder().join("ftp-track.toml");
    let text = format!(
        "interfaces = ['lan', 'wan']\nmode = 'enforce'\ncontrol_ports = [{CONTROL_PORT}]\n{rule}"
    );
    fs::write(&path, text).unwrap();
    let mut run = command(lab, "run").unwrap();
    run.arg("--config").arg(path);
    Tracker::start_as(lab, run).unwrap()
}

const PERMITTED: &str = "[[rule]]\nserver = ['198.51.100.0/24', '2001:db8:2::/64']\n\
                         fxp = ['192.0.2.3', '2001:db8:1::3']\n";

/// Sends the file of `from` to `to`; which of them connects is settled.
fn transfer<'a>(from: &mut Control<'a>, to: &mut Control<'a>, source: &Server, target: &Server) {
    let (remote, local) = target.upload_target();
    let (store, retrieve) = (
        format!("STOR {remote}"),
        format!("RETR {}", source.download_name()),
    );
    for control in [&mut *from, &mut *to] {
        control.command("TYPE I", "200").unwrap();
    }
    to.send(&store).unwrap();
    from.send(&retrieve).unwrap();
    from.expect("150", &retrieve).unwrap();
    to.expect("150", &store).unwrap();
    from.expect("226", &retrieve).unwrap();
    to.expect("226", &store).unwrap();
    assert!(
        fs::read(local).unwrap() == fs::read(source.download_file()).unwrap(),
        "the file arrived otherwise than it was sent"
    );
}

/// Either server connects to the other; both ways the gateway sees one control connection only.
#[test]
fn server_to_server() {
    for family in Family::ALL {
        let lab = Lab::new().unwrap();
        let (far, near) = servers(&lab, family);
        let tracker = start(&lab, PERMITTED);
        let mut control_far = Control::open_to(&lab, &far, far.address()).unwrap();
        let mut control_near = Control::open_to(&lab, &near, near.address()).unwrap();

        let offer = control_near.announce(Mode::Passive).unwrap();
        control_far.name(offer.responder().unwrap()).unwrap();
        transfer(&mut control_far, &mut control_near, &far, &near);
        assert_eq!(tracker.counter("third_host").unwrap(), 1, "{family}");

        let offer = control_far.announce(Mode::Passive).unwrap();
        control_near.name(offer.responder().unwrap()).unwrap();
        transfer(&mut control_near, &mut control_far, &near, &far);
        assert_eq!(tracker.counter("third_host").unwrap(), 2, "{family}");
        assert_eq!(tracker.counter("unexpected").unwrap(), 0, "{family}");
        assert!(tracker.stop().unwrap().success());
    }
}

/// Without the third host in the list it is a bounce, whatever the servers think of it: neither
/// connects to the other, and the administrator is told why.
#[test]
fn nobody_who_is_not_in_the_list() {
    for (family, rule, uninvited) in [
        (Family::V4, "", "unexpected"),
        (
            Family::V6,
            "[[rule]]\nclient = 'any'\nserver = '2001:db8:2::/64'\nfxp = '192.0.2.3'\n",
            "stranger",
        ),
    ] {
        let lab = Lab::new().unwrap();
        let (far, near) = servers(&lab, family);
        let tracker = start(&lab, rule);
        let mut control_far = Control::open_to(&lab, &far, far.address()).unwrap();
        let mut control_near = Control::open_to(&lab, &near, near.address()).unwrap();

        let offer = control_near.announce(Mode::Passive).unwrap();
        control_far.name(offer.responder().unwrap()).unwrap();
        let retrieve = format!("RETR {}", far.download_name());
        control_far.send(&retrieve).unwrap();
        let gives_up = || control_far.expect("425", &retrieve).is_ok();
        assert!(wait_until(PATIENCE, gives_up), "{family}");
        assert_eq!(tracker.counter("bounce").unwrap(), 1, "{family}");
        assert!(tracker.counter("unexpected").unwrap() > 0, "{family}");
        let (client, server) = (Host::Client.address(family), far.address().ip());
        let explain = format!("explain {client} {server}");
        let story = process::run(&mut command(&lab, &explain).unwrap()).unwrap();
        assert!(story.contains("in the rule's FXP list"), "{story}");

        // The control connection goes on, and who comes uninvited to the server's port is not let in.
        let offer = control_far.announce(Mode::Passive).unwrap();
        control_near.name(offer.responder().unwrap()).unwrap();
        let before = tracker.counter(uninvited).unwrap();
        control_near
            .send(&format!("STOR {}", near.upload_target().0))
            .unwrap();
        let refused = || tracker.counter(uninvited).unwrap() > before;
        assert!(wait_until(PATIENCE, refused), "{family}: {uninvited}");
        assert_eq!(tracker.counter("expected").unwrap(), 0, "{family}");
        assert!(tracker.stop().unwrap().success());
    }
}
