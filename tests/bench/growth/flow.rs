//! Admitted data connections that nobody has.

use std::net::{Ipv4Addr, SocketAddr};

use ftp_track::clock;
use ftp_track_common::flow::Flow;
use ftp_track_common::segment::ACK;
use ftp_track_common::tuple::FlowKey;

use crate::harness::segment::Segment;

/// How long they may be silent, nanoseconds: longer than anything is measured.
pub const IDLE: u64 = 24 * 3600 * 1_000_000_000;

/// A segment of the flow of this number, 64 bytes as a frame.
pub fn segment(number: u32) -> Segment {
    // 50,000 ports of a client, then the next one.
    let [_, high, middle, low] = (number / 50_000 + 1).to_be_bytes();
    let client = Ipv4Addr::new(10, high, middle, low);
    let port = 10_000 + (number % 50_000) as u16;
    let server = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 50_000);
    let mut segment = Segment::new(server, SocketAddr::new(client.into(), port), ACK);
    segment.payload = vec![b'x'; 10];
    segment
}

/// Its entry.
pub fn entry(number: u32) -> (FlowKey, Flow) {
    let (key, server_is_low) = FlowKey::of(&segment(number).tuple());
    let now = clock::monotonic();
    let mut flow = Flow {
        created: now,
        seen: now,
        idle: IDLE,
        established: 1,
        answered: 1,
        initiator_is_low: (!server_is_low).into(),
        ..Flow::default()
    };
    flow.master.client = if server_is_low { key.high } else { key.low };
    (key, flow)
}
