//! What groups of interfaces say in enforce mode: allowed ports, and what becomes of what is not TCP.

use ftp_track_common::{config::Mode, interface::TCP_ONLY, reason::Reason};

use crate::harness::{
    data::Data,
    frame::{self, IPV4, IPV6, VLAN, ethernet, tagged},
    namespace::LAN,
    play::{Control, Family, Play},
    pool,
    row::{self, Row, WHOLE},
    tracker::{ALLOWED_PORT, Door, OTHER_ALLOWED_PORT, Tracker, Verdict, open},
};

/// The client's interface has the second list of allowed ports, the server's the first.
fn tell(play: &mut Play<'_>) {
    let mut slot = play.tracker.slot(LAN);
    slot.lists = [1; 2];
    play.tracker.set_slot(&slot);
}

#[test]
fn allowed_ports() {
    row::run(&[
        Row {
            name: "each interface has its own list",
            cells: WHOLE,
            play: |play| {
                tell(play);
                for port in [ALLOWED_PORT, OTHER_ALLOWED_PORT] {
                    Data::passive(play, port).syn(play);
                    Data::active(play, port).syn(play);
                }
            },
            notes: &[
                "dropped server:8443 unexpected",
                "drop",
                "dropped client:9443 unexpected",
                "drop",
            ],
            counts: &[(Reason::AllowedPort, 2), (Reason::Unexpected, 2)],
            state: &[],
        },
        Row {
            name: "another policy may mean another list",
            cells: WHOLE,
            play: |play| {
                for _ in 0..2 {
                    let generation = play.tracker.generation();
                    let mut slot = play.tracker.slot(LAN);
                    slot.lists = [0; 2];
                    slot.lists[(generation + 1) as usize & 1] = 1;
                    play.tracker.set_slot(&slot);
                    Data::passive(play, OTHER_ALLOWED_PORT).syn(play);
                    play.tracker.configure(&[open()]);
                    Data::passive(play, OTHER_ALLOWED_PORT).syn(play);
                }
            },
            notes: &[
                "dropped server:9443 unexpected",
                "drop",
                "dropped server:9443 unexpected",
                "drop",
            ],
            counts: &[(Reason::AllowedPort, 2), (Reason::Unexpected, 2)],
            state: &[],
        },
    ]);
}

const UDP: u8 = 17;
const GRE: u8 = 47;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// A packet of another protocol than TCP, between the client and the server.
fn packet(family: Family, protocol: u8) -> Vec<u8> {
    let control = Control::new(family, 40_000);
    match (control.client.ip(), control.server.ip()) {
        (std::net::IpAddr::V4(client), std::net::IpAddr::V4(server)) => frame::v4(
            client,
            server,
            |header| header.protocol = etherparse::IpNumber(protocol),
            &[0; 16],
        ),
        (std::net::IpAddr::V6(client), std::net::IpAddr::V6(server)) => {
            frame::v6(client, server, protocol, &[0; 16])
        }
        _ => unreachable!("both are of one family"),
    }
}

fn verdict(tracker: &mut Tracker, door: Door, mode: Mode, flags: u8, frame: &[u8]) -> Verdict {
    tracker.reset(mode);
    tracker.door = door;
    tracker.add_flags(LAN, flags);
    tracker.run(frame, LAN)
}

#[test]
fn what_is_not_tcp() {
    let mut tracker = pool::tracker();
    let (v4, v6) = (Family::V4, Family::V6);
    for (name, frame, dropped) in [
        ("UDP", ethernet(IPV4, &packet(v4, UDP)), true),
        ("UDP over IPv6", ethernet(IPV6, &packet(v6, UDP)), true),
        ("GRE", ethernet(IPV4, &packet(v4, GRE)), true),
        (
            "UDP in a VLAN",
            tagged(&[VLAN], IPV6, &packet(v6, UDP)),
            true,
        ),
        ("ICMP", ethernet(IPV4, &packet(v4, ICMP)), false),
        ("ICMPv6", ethernet(IPV6, &packet(v6, ICMPV6)), false),
        ("ARP", ethernet(0x0806, &[0; 28]), false),
    ] {
        for door in Door::ALL {
            let mut run = |mode, flags| verdict(&mut tracker, door, mode, flags, &frame);
            let by_default = run(Mode::Enforce, 0);
            let elsewhere = run(Mode::Observe, TCP_ONLY);
            let told = run(Mode::Enforce, TCP_ONLY);
            assert_eq!(
                [by_default, elsewhere, told],
                [
                    Verdict::Pass,
                    Verdict::Pass,
                    if dropped {
                        Verdict::Drop
                    } else {
                        Verdict::Pass
                    }
                ],
                "{name} by {door:?}"
            );
            let counted = tracker.count(Reason::NotTcpDropped);
            assert_eq!(counted, u64::from(dropped), "{name} by {door:?}");
        }
    }
}
