//! Frames from the outside in: each function puts one header in front of the rest.

use aya::{TestRunOptions, TestRunResult, programs::ProgramError};
use etherparse::{
    EtherType, Ethernet2Header, IpFragOffset, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// EtherType of IPv4.
pub const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
pub const IPV6: u16 = 0x86dd;
/// EtherType of a VLAN tag (IEEE 802.1Q).
pub const VLAN: u16 = 0x8100;
/// EtherType of an outer VLAN tag (IEEE 802.1ad).
pub const QINQ: u16 = 0x88a8;
/// EtherType of a PPPoE session (RFC 2516).
pub const PPPOE: u16 = 0x8864;

/// Protocol number of TCP.
pub const TCP: u8 = 6;

/// The card that frames are for.
pub const RECEIVER: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// An Ethernet header.
pub fn ethernet(kind: u16, rest: &[u8]) -> Vec<u8> {
    let header = Ethernet2Header {
        source: [2, 0, 0, 0, 0, 1],
        destination: RECEIVER,
        ether_type: EtherType(kind),
    };
    [&header.to_bytes()[..], rest].concat()
}

/// An Ethernet header with VLAN tags of these EtherTypes, then `kind`.
pub fn tagged(tags: &[u16], kind: u16, rest: &[u8]) -> Vec<u8> {
    let mut kinds = tags.iter().chain([&kind]);
    let first = *kinds.next().expect("there is at least `kind`");
    let mut behind = Vec::new();
    for (number, kind) in kinds.enumerate() {
        behind.extend((number as u16 + 100).to_be_bytes());
        behind.extend(kind.to_be_bytes());
    }
    behind.extend(rest);
    ethernet(first, &behind)
}

/// An Ethernet header and a PPPoE session header; `protocol` is PPP's.
pub fn pppoe(protocol: u16, rest: &[u8]) -> Vec<u8> {
    let length = rest.len() as u16 + 2;
    let mut session = vec![0x11, 0, 0, 7];
    session.extend(length.to_be_bytes());
    session.extend(protocol.to_be_bytes());
    session.extend(rest);
    ethernet(PPPOE, &session)
}

/// An IP header of the addresses' family; `rest` is a TCP segment.
pub fn ip(source: IpAddr, destination: IpAddr, rest: &[u8]) -> Vec<u8> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => v4(source, destination, |_| (), rest),
        (IpAddr::V6(source), IpAddr::V6(destination)) => v6(source, destination, TCP, rest),
        _ => panic!("{source} and {destination} are of two families"),
    }
}

/// An IPv4 header, changed by `edit` before its checksum is made.
pub fn v4(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    edit: impl FnOnce(&mut Ipv4Header),
    rest: &[u8],
) -> Vec<u8> {
    let (source, destination) = (source.octets(), destination.octets());
    let length = rest.len() as u16;
    let mut header =
        Ipv4Header::new(length, 64, IpNumber::TCP, source, destination).expect("the payload fits");
    edit(&mut header);
    header.header_checksum = header.calc_header_checksum();
    [&header.to_bytes()[..], rest].concat()
}

/// Gives an IPv4 header `length` bytes of options that say nothing.
pub fn options(length: usize) -> impl FnOnce(&mut Ipv4Header) {
    move |header| {
        let options = vec![1; length];
        header.options = options
            .as_slice()
            .try_into()
            .expect("a length that IHL can hold");
        header.total_len += length as u16;
    }
}

/// Makes an IPv4 header one of a fragment; `offset` counts 8 bytes.
pub fn fragment(offset: u16, more: bool) -> impl FnOnce(&mut Ipv4Header) {
    move |header| {
        header.fragment_offset = IpFragOffset::try_new(offset).expect("13 bits");
        header.more_fragments = more;
    }
}

/// An IPv6 header; `rest` begins with the header of type `next`.
pub fn v6(source: Ipv6Addr, destination: Ipv6Addr, next: u8, rest: &[u8]) -> Vec<u8> {
    let header = Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::try_new(0xabcde).expect("20 bits"),
        payload_length: rest.len() as u16,
        next_header: IpNumber(next),
        hop_limit: 64,
        source: source.octets(),
        destination: destination.octets(),
    };
    [&header.to_bytes()[..], rest].concat()
}

/// IPv6 extension headers of these types (RFC 8200, 4), and of these many units beyond the first
/// 8 bytes, in front of a TCP segment. Returns the first one's type and the bytes.
pub fn extensions(headers: &[(u8, u8)], rest: &[u8]) -> (u8, Vec<u8>) {
    let mut bytes = Vec::new();
    for (number, (kind, units)) in headers.iter().enumerate() {
        let next = headers.get(number + 1).map_or(TCP, |(kind, _)| *kind);
        let unit = match *kind {
            AUTHENTICATION => 4,
            FRAGMENT => 0,
            _ => 8,
        };
        bytes.extend([next, *units, 0, 0, 0, 0, 0, 0]);
        bytes.extend(vec![0; usize::from(*units) * unit]);
    }
    bytes.extend(rest);
    (headers.first().map_or(TCP, |(kind, _)| *kind), bytes)
}

/// Type of the hop-by-hop options header.
pub const HOP_BY_HOP: u8 = 0;
/// Type of the routing header.
pub const ROUTING: u8 = 43;
/// Type of the fragment header.
pub const FRAGMENT: u8 = 44;
/// Type of the authentication header (RFC 4302).
pub const AUTHENTICATION: u8 = 51;
/// Type of the destination options header.
pub const DESTINATION: u8 = 60;

/// Runs a program on a frame, with a context of these words: its action, and what it made of the
/// frame.
pub fn forward(
    run: impl FnOnce(TestRunOptions<'_>) -> Result<TestRunResult, ProgramError>,
    context: &[u32],
    frame: &[u8],
) -> (u32, Vec<u8>) {
    let mut made = vec![0; frame.len() + 64];
    let options = TestRunOptions {
        data_in: Some(frame),
        data_out: Some(&mut made),
        ctx_in: Some(bytemuck::cast_slice(context)),
        ..TestRunOptions::default()
    };
    let result = run(options).expect("a run");
    made.truncate(result.data_size_out as usize);
    (result.return_value, made)
}
