//! TCP segments with right checksums.

use std::net::{IpAddr, SocketAddr};

use etherparse::TcpHeader;
use ftp_track_common::{
    address::Address,
    segment::{ACK, CWR, ECE, FIN, PSH, RST, SYN, URG},
    tuple::Tuple,
};

use super::frame;

/// A TCP segment with its addresses.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Who sends it.
    pub source: SocketAddr,
    /// Who receives it.
    pub destination: SocketAddr,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number.
    pub acknowledgment: u32,
    /// The flags' low byte.
    pub flags: u8,
    /// The window, unscaled.
    pub window: u16,
    /// Options, a multiple of 4 bytes.
    pub options: Vec<u8>,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Segment {
    /// A segment without payload.
    pub fn new(source: SocketAddr, destination: SocketAddr, flags: u8) -> Self {
        Self {
            source,
            destination,
            sequence: 1000,
            acknowledgment: 0,
            flags,
            window: 64_000,
            options: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// The sequence number behind it: payload, SYN and FIN count.
    pub fn end(&self) -> u32 {
        let flags = u32::from(self.flags & SYN != 0) + u32::from(self.flags & FIN != 0);
        self.sequence
            .wrapping_add(self.payload.len() as u32 + flags)
    }

    /// Header and payload.
    pub fn tcp(&self) -> Vec<u8> {
        let mut header = TcpHeader::new(
            self.source.port(),
            self.destination.port(),
            self.sequence,
            self.window,
        );
        header.acknowledgment_number = self.acknowledgment;
        header.syn = self.flags & SYN != 0;
        header.ack = self.flags & ACK != 0;
        header.fin = self.flags & FIN != 0;
        header.rst = self.flags & RST != 0;
        header.psh = self.flags & PSH != 0;
        header.ece = self.flags & ECE != 0;
        header.cwr = self.flags & CWR != 0;
        header.urg = self.flags & URG != 0;
        header.urgent_pointer = u16::from(header.urg) * self.payload.len() as u16;
        header
            .set_options_raw(&self.options)
            .expect("at most 40 bytes");
        let sum = match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                header.calc_checksum_ipv4_raw(source.octets(), destination.octets(), &self.payload)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                header.calc_checksum_ipv6_raw(source.octets(), destination.octets(), &self.payload)
            }
            _ => panic!("addresses of two families"),
        };
        header.checksum = sum.expect("the payload fits");
        [&header.to_bytes()[..], &self.payload].concat()
    }

    /// The IP packet.
    pub fn packet(&self) -> Vec<u8> {
        frame::ip(self.source.ip(), self.destination.ip(), &self.tcp())
    }

    /// The Ethernet frame.
    pub fn frame(&self) -> Vec<u8> {
        let kind = if self.source.is_ipv4() {
            frame::IPV4
        } else {
            frame::IPV6
        };
        frame::ethernet(kind, &self.packet())
    }

    /// Its addresses and ports as the engine has them.
    pub fn tuple(&self) -> Tuple {
        Tuple {
            source: address(self.source.ip()),
            destination: address(self.destination.ip()),
            source_port: self.source.port(),
            destination_port: self.destination.port(),
            zone: 0,
        }
    }
}

/// The engine's form of an address.
pub fn address(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(v4) => Address::from_v4(v4.octets()),
        IpAddr::V6(v6) => Address::from_v6(v6.octets()),
    }
}

/// A TCP option for the window scale (RFC 7323, 2.2), with a NOP before it.
pub fn window_scale(shift: u8) -> Vec<u8> {
    vec![1, 3, 3, shift]
}
