//! Network cards that QEMU emulates, between client and gateway: XDP by the driver where it has
//! that, and by the kernel where it has not, with and without a VLAN.

use std::env;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{CARDS, Cable, Family, Host, LAN, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::process;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{Tracker, TrackerMode};
use ftp_track_tests::transfer::{Direction, Mode};
use serde_json::Value;

use crate::release::{self, Version};

const VLAN: u16 = 42;
/// `XDP_ATTACHED_DRV` and `XDP_ATTACHED_SKB` of linux/if_link.h.
const DRIVER: u64 = 1;
const GENERIC: u64 = 2;

/// The Linux versions in which drivers began to run XDP programs; e1000e does not.
const SINCE: [(&str, Version); 3] = [
    ("virtio_net", (4, 10)),
    ("igb", (5, 10)),
    ("vmxnet3", (6, 6)),
];

fn expected_mode(driver: &str) -> u64 {
    let since = SINCE.iter().find(|(name, _)| *name == driver);
    match since {
        Some((_, version)) if release::running() >= *version => DRIVER,
        _ => GENERIC,
    }
}

/// Where nobody asked for a hook: TC where XDP would have to be the kernel's, or sees one segment at
/// a time of what the machine around this one joined.
fn expected_by_default(driver: &str) -> Option<u64> {
    (driver == "igb" && expected_mode(driver) == DRIVER).then_some(DRIVER)
}

fn mode(lab: &Lab) -> Option<u64> {
    let mut ip = lab.namespace(Host::Gateway).command("ip");
    let text = process::run(ip.args(["-json", "-details", "link", "show", LAN])).unwrap();
    let links: Value = serde_json::from_str(&text).unwrap();
    links[0]["xdp"]["mode"].as_u64()
}

fn transfers(vlan: Option<u16>) {
    let driver = env::var(CARDS).expect("the driver of the cards");
    let cable = Cable {
        cards: Some(driver.clone()),
        vlan,
    };
    let lab = Lab::with_cable(&cable).unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Default).unwrap();
    assert_eq!(
        mode(&lab),
        expected_by_default(&driver),
        "{}",
        tracker.log()
    );
    assert!(tracker.stop().unwrap().success());
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    assert_eq!(
        mode(&lab),
        Some(expected_mode(&driver)),
        "{}",
        tracker.log()
    );
    let mut count = 0;
    for family in Family::ALL {
        let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
        for mode in Mode::ALL {
            for direction in Direction::ALL {
                let cell = Cell {
                    server: server.kind(),
                    transfer: Client::Curl.transfer(mode, family, direction),
                };
                cell.run(&lab, &server)
                    .unwrap_or_else(|error| panic!("{cell}: {error:#}\n{}", tracker.log()));
                count += 1;
            }
        }
    }
    assert!(tracker.counter("expected").unwrap() >= count);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn untagged() {
    transfers(None);
}

#[test]
fn tagged() {
    transfers(Some(VLAN));
}
