//! Ethernet, VLAN tags and PPPoE.

use ftp_track_common::reason::Reason;

use super::{
    Outcome::{Read, Unread},
    TOO_MANY, probe4, probe6, row, run,
};
use crate::harness::frame::{IPV4, IPV6, PPPOE, QINQ, VLAN, ethernet, pppoe, tagged};

/// Ethernet's shortest frame without the frame check sequence.
const SHORTEST: usize = 60;

#[test]
fn ethernet_and_tags() {
    let (v4, v6) = (probe4().packet(), probe6().packet());
    let mut padded = ethernet(IPV4, &v4);
    padded.resize(SHORTEST, 0xff);
    run(&[
        row("IPv4", ethernet(IPV4, &v4), Read),
        row("IPv6", ethernet(IPV6, &v6), Read),
        row("padding behind a short packet", padded, Read),
        row("VLAN, IPv4", tagged(&[VLAN], IPV4, &v4), Read),
        row("VLAN, IPv6", tagged(&[VLAN], IPV6, &v6), Read),
        row("QinQ, IPv4", tagged(&[QINQ, VLAN], IPV4, &v4), Read),
        row("QinQ, IPv6", tagged(&[QINQ, VLAN], IPV6, &v6), Read),
        row(
            "QinQ by its old number",
            tagged(&[0x9100, VLAN], IPV4, &v4),
            Read,
        ),
        row("two tags of 802.1Q", tagged(&[VLAN, VLAN], IPV6, &v6), Read),
        row("three tags", tagged(&[QINQ, QINQ, VLAN], IPV4, &v4), Read),
        row(
            "four tags",
            tagged(&[QINQ, QINQ, VLAN, VLAN], IPV4, &v4),
            TOO_MANY,
        ),
        row("ARP", ethernet(0x0806, &[0; 28]), Unread(Reason::NotIp)),
        row(
            "a length instead of a type",
            ethernet(46, &v4),
            Unread(Reason::NotIp),
        ),
        row(
            "ARP in a VLAN",
            tagged(&[VLAN], 0x0806, &[0; 28]),
            Unread(Reason::NotIp),
        ),
        row("MPLS", ethernet(0x8847, &v4), Unread(Reason::NotIp)),
    ]);
}

#[test]
fn point_to_point() {
    let (v4, v6) = (probe4().packet(), probe6().packet());
    let session = pppoe(0x0021, &v4);
    let in_vlan = tagged(&[VLAN], PPPOE, &session[14..]);
    run(&[
        row("PPPoE, IPv4", session, Read),
        row("PPPoE, IPv6", pppoe(0x0057, &v6), Read),
        row("PPPoE in a VLAN", in_vlan, Read),
        row(
            "PPPoE, LCP",
            pppoe(0xc021, &[1, 1, 0, 4]),
            Unread(Reason::NotIp),
        ),
        row(
            "PPPoE discovery",
            ethernet(0x8863, &[0; 28]),
            Unread(Reason::NotIp),
        ),
        row(
            "PPPoE, IPv6 that says it is IPv4",
            pppoe(0x0021, &v6),
            Unread(Reason::BadHeader),
        ),
    ]);
}
