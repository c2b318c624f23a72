//! What traffic pays that has nothing to do with FTP.

use anyhow::Result;
use ftp_track_common::segment::ACK;
use ftp_track_tests::lab::{Family, Host};
use ftp_track_tests::tracker::TrackerMode;
use std::net::{IpAddr, SocketAddr};

use crate::gateway::{self, Gateway, Kind};
use crate::harness::frame;
use crate::harness::segment::Segment;
use crate::sample::Sample;
use crate::stream::Stream;

/// The part's name.
pub const PART: &str = "other";
const KINDS: [Kind; 9] = [
    Kind::Empty,
    Kind::Plain,
    Kind::Tracker(TrackerMode::Conntrack),
    Kind::Tracker(TrackerMode::BypassByXdp),
    Kind::Tracker(TrackerMode::Mark),
    Kind::Tracker(TrackerMode::Enforce),
    Kind::Tracker(TrackerMode::EnforceByTc),
    Kind::Tracker(TrackerMode::EnforceForwarded),
    Kind::Tracker(TrackerMode::Observe),
];
/// What is sent, by the places of [`frames`].
const MIXES: [(&str, &[usize]); 4] = [
    ("TCP, 1514 bytes", &[0]),
    ("TCP, 64 bytes", &[1]),
    ("UDP, 300 bytes", &[2]),
    ("mix", &[0, 1, 2]),
];

/// Measures. No gateway has a firewall, beside which anything would look small.
pub fn run(rounds: u32) -> Result<()> {
    let labs = gateway::labs(KINDS.len())?;
    let mut streams = Vec::new();
    for (kind, lab) in KINDS.into_iter().zip(&labs) {
        streams.push(Stream::new(Gateway::start_open(lab, kind)?, frames())?);
    }
    for round in 0..=rounds {
        for (group, kinds) in MIXES {
            for stream in &streams {
                let sample = Sample {
                    part: PART,
                    group,
                    row: stream.kind().name(),
                    round,
                    cost: stream.send(kinds)?,
                    unit: "ns/packet",
                };
                sample.write()?;
            }
        }
    }
    Ok(())
}

/// A long segment, a short one, and a datagram.
fn frames() -> Vec<Vec<u8>> {
    let [server, client] = [Host::Server, Host::Client].map(|host| host.address(Family::V4));
    let segment = |length: usize| {
        let [source, destination] = [(server, 443), (client, 40_000)].map(SocketAddr::from);
        let mut segment = Segment::new(source, destination, ACK);
        segment.payload = vec![b'x'; length - 14 - 20 - 20];
        segment.frame()
    };
    vec![segment(1514), segment(64), datagram(server, client, 300)]
}

/// A frame with a datagram of UDP over IPv4.
pub fn datagram(from: IpAddr, to: IpAddr, length: usize) -> Vec<u8> {
    const UDP: etherparse::IpNumber = etherparse::IpNumber(17);
    let (IpAddr::V4(from), IpAddr::V4(to)) = (from, to) else {
        unreachable!("only IPv4 is measured");
    };
    let length = length as u16 - 14 - 20;
    // Ports, length, and a checksum that says that there is none (RFC 768).
    let mut packet = [443u16, 40_000, length, 0].map(u16::to_be_bytes).concat();
    packet.resize(length.into(), b'x');
    let packet = frame::v4(from, to, |header| header.protocol = UDP, &packet);
    frame::ethernet(frame::IPV4, &packet)
}
