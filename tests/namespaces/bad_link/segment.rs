//! TCP segments in Ethernet frames, taken apart and put together anew.

use etherparse::{Ipv4Header, Ipv6Header, NetSlice, SlicedPacket, TcpHeader, TransportSlice};

/// The IP header of a segment.
#[derive(Clone)]
enum Network {
    V4(Ipv4Header),
    V6(Ipv6Header),
}

/// A TCP segment.
#[derive(Clone)]
pub struct Segment {
    ethernet: Vec<u8>,
    network: Network,
    /// The TCP header.
    pub tcp: TcpHeader,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Segment {
    /// The TCP segment in a frame without VLAN tags, if it is one and its checksum is right.
    pub fn of(frame: &[u8]) -> Option<Self> {
        let packet = SlicedPacket::from_ethernet(frame).ok()?;
        let network = match packet.net? {
            NetSlice::Ipv4(slice) => Network::V4(slice.header().to_header()),
            NetSlice::Ipv6(slice) => Network::V6(slice.header().to_header()),
            _ => return None,
        };
        let Some(TransportSlice::Tcp(slice)) = packet.transport else {
            return None;
        };
        let segment = Self {
            ethernet: frame[..14].to_vec(),
            network,
            tcp: slice.to_header(),
            payload: slice.payload().to_vec(),
        };
        // What another link has forged must not be put right here.
        let (_, checksum) = segment.network();
        (checksum == segment.tcp.checksum).then_some(segment)
    }

    /// The IP header with the right length and checksum, and the right checksum of TCP.
    fn network(&self) -> (Vec<u8>, u16) {
        let length = self.tcp.header_len() + self.payload.len();
        let (network, checksum) = match &self.network {
            Network::V4(header) => {
                let mut header = header.clone();
                header.set_payload_len(length).expect("it fits");
                header.header_checksum = header.calc_header_checksum();
                let sum = self.tcp.calc_checksum_ipv4(&header, &self.payload);
                (header.to_bytes().to_vec(), sum)
            }
            Network::V6(header) => {
                let mut header = header.clone();
                header.set_payload_length(length).expect("it fits");
                let sum = self.tcp.calc_checksum_ipv6(&header, &self.payload);
                (header.to_bytes().to_vec(), sum)
            }
        };
        (network, checksum.expect("it fits"))
    }

    /// The frame, with right lengths and checksums.
    pub fn frame(&self) -> Vec<u8> {
        let (network, checksum) = self.network();
        let mut tcp = self.tcp.clone();
        tcp.checksum = checksum;
        [&self.ethernet[..], &network, &tcp.to_bytes(), &self.payload].concat()
    }

    /// The sequence number of its first byte.
    pub fn sequence(&self) -> u32 {
        self.tcp.sequence_number
    }

    /// The same segment with other bytes, from `sequence` on.
    pub fn with(&self, sequence: u32, payload: Vec<u8>) -> Self {
        let mut segment = self.clone();
        segment.tcp.sequence_number = sequence;
        segment.payload = payload;
        segment
    }
}
