//! An MTU of 9000: frames of several pieces at XDP, and many lines in each.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Host, LAN, Lab, Offload, WAN};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode};

/// Pipelined commands of six bytes: more than the 3.5 KB that lie in the first piece.
const LINES: usize = 700;

#[test]
fn driver_mode_reads_all_pieces() {
    let lab = Lab::new().unwrap();
    lab.set_mtu(9000).unwrap();
    lab.set_offload(Offload::Off).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    for interface in [LAN, WAN] {
        let attached = format!("{interface} (driver)");
        assert!(tracker.log().contains(&attached), "{}", tracker.log());
    }
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        for mode in Mode::ALL {
            for direction in Direction::ALL {
                let transfer = Client::Curl.transfer(mode, family, direction);
                let cell = Cell {
                    server: server.kind(),
                    transfer,
                };
                cell.run(&lab, &server).unwrap();
            }
        }
        announced_at_the_end_of_a_frame(&lab, &tracker, &server, family);
    }
    assert!(tracker.stop().unwrap().success());
}

/// Hundreds of commands in one frame, of which the last asks for a data connection.
fn announced_at_the_end_of_a_frame(
    lab: &Lab,
    tracker: &Tracker<'_>,
    server: &Server,
    family: Family,
) {
    let address = SocketAddr::new(Host::Server.address(family), CONTROL_PORT);
    let client = lab.namespace(Host::Client);
    let connect = || TcpStream::connect_timeout(&address, Duration::from_secs(5));
    let mut control = client.enter(connect).unwrap().unwrap();
    control
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let login = server.login();
    let mut text = String::new();
    until(&mut control, &mut text, "220 ");
    write!(control, "USER {}\r\n", login.user).unwrap();
    until(&mut control, &mut text, "331 ");
    write!(control, "PASS {}\r\n", login.password).unwrap();
    until(&mut control, &mut text, "230 ");
    let before = tracker.list(Listing::Expectations).unwrap().len();
    let commands = "NOOP\r\n".repeat(LINES) + "EPSV\r\n";
    control.write_all(commands.as_bytes()).unwrap();
    until(&mut control, &mut text, "229 ");
    assert_eq!(text.matches("200 ").count(), LINES);
    let after = tracker.list(Listing::Expectations).unwrap().len();
    assert_eq!(after, before + 1, "{}", tracker.log());
}

fn until(control: &mut TcpStream, text: &mut String, code: &str) {
    let mut buffer = [0; 65_536];
    while !text.lines().any(|line| line.starts_with(code)) || !text.ends_with('\n') {
        let length = control.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "the server closed the connection: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
}
