//! A network namespace without a name: a gateway with one interface for each side.
//!
//! A program that is run by hand may be given a frame "from" any interface of the caller's
//! namespace, but only from one that exists.

use std::{fs::File, os::fd::AsFd, sync::OnceLock, thread};

use ftp_track_tests::process;
use nix::sched::{CloneFlags, setns, unshare};

use super::frame::RECEIVER;

/// The interface towards the clients.
pub const LAN: u32 = 12;
/// The interface towards the servers.
pub const WAN: u32 = 13;

/// The link layer addresses of the plays' clients, and of their servers.
pub const CARDS: [[u8; 6]; 2] = [[2, 0, 0, 0, 1, 1], [2, 0, 0, 0, 1, 2]];

/// Moves this thread into the namespace, which is made when it is needed first. It goes with the
/// process.
pub fn enter() {
    static NAMESPACE: OnceLock<File> = OnceLock::new();
    let namespace = NAMESPACE.get_or_init(|| thread::spawn(make).join().expect("a namespace"));
    setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).expect("entering it takes CAP_SYS_ADMIN");
}

fn make() -> File {
    unshare(CloneFlags::CLONE_NEWNET).expect("a new network namespace takes CAP_SYS_ADMIN");
    let [lan, wan] = [LAN, WAN].map(|index| index.to_string());
    let mut command = process::command("ip");
    command.args(["link", "add", "lan", "index", &lan, "type", "veth"]);
    command.args(["peer", "name", "wan", "index", &wan]);
    process::run(&mut command).expect("a pair of interfaces");
    // The networks of the plays' clients and servers, so that there are routes to them.
    for (interface, networks) in [
        ("lan", ["10.0.0.254/24", "2001:db8:1::fe/64"]),
        ("wan", ["192.0.2.254/24", "2001:db8:2::fe/64"]),
    ] {
        for network in networks {
            let mut command = process::command("ip");
            command.args(["address", "add", network, "dev", interface, "nodad"]);
            process::run(&mut command).expect("an address");
        }
        let mut command = process::command("ip");
        // The one that the frames of the plays are for.
        let card = RECEIVER.map(|byte| format!("{byte:02x}")).join(":");
        command.args(["link", "set", interface, "address", &card, "up"]);
        process::run(&mut command).expect("an interface that is up");
    }
    for (interface, host, card) in [
        ("lan", "10.0.0.1", CARDS[0]),
        ("lan", "2001:db8:1::1", CARDS[0]),
        ("wan", "192.0.2.1", CARDS[1]),
        ("wan", "2001:db8:2::1", CARDS[1]),
    ] {
        let card = card.map(|byte| format!("{byte:02x}")).join(":");
        let mut command = process::command("ip");
        command.args(["neighbour", "add", host, "lladdr", &card, "dev", interface]);
        process::run(&mut command).expect("a neighbour");
    }
    // By both interfaces, as on a gateway with two providers.
    let mut command = process::command("ip");
    command.args(["route", "add", "198.18.0.0/24"]);
    for (interface, gateway) in [("lan", "10.0.0.99"), ("wan", "192.0.2.99")] {
        command.args(["nexthop", "via", gateway, "dev", interface]);
    }
    process::run(&mut command).expect("a route of two ways");
    for setting in ["ipv4/conf/all", "ipv6/conf/all"] {
        let file = format!("/proc/sys/net/{setting}/forwarding");
        std::fs::write(file, "1").expect("forwarding");
    }
    File::open("/proc/thread-self/ns/net").expect("this thread's namespace")
}
