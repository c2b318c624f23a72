//! The headers of a plain packet: Ethernet without a tag, IP without options, no fragment. All else
//! is for [`crate::packet`].

use ftp_track_common::{
    address::Address,
    interface::Interface,
    segment::{FIN, RST, SYN},
    tuple::Tuple,
};

use crate::{
    ethernet,
    packet::TCP,
    piece::{Header, Piece},
};

/// Where IP begins.
pub const NETWORK: usize = 14;
/// Ethernet types as they lie in memory.
const IPV4: u16 = ethernet::IPV4.to_be();
const IPV6: u16 = ethernet::IPV6.to_be();
/// Numbers of protocols (IANA, protocol-numbers).
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
/// Of two bytes of the IPv4 header: more fragments, and the offset.
const FRAGMENT: u16 = 0x3fffu16.to_be();

/// What the headers say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Not plain, or not right.
    Unsure,
    /// IP, and not TCP.
    NotTcp,
    /// A segment of TCP.
    Tcp,
}

/// A plain segment, and not one that begins a connection.
#[derive(Clone, Copy, Default)]
pub struct Sight {
    /// Addresses and ports.
    pub tuple: Tuple,
    /// Length of the IP packet.
    pub length: u32,
    /// Length of the IP header.
    pub header: u32,
    /// Length of both headers.
    pub headers: u32,
    /// The TCP checksum as it lies in memory.
    pub checksum: u16,
    flags: u8,
}

impl Sight {
    /// Of a frame that comes in by `interface`; its headers are yet to be read.
    #[inline(always)]
    pub fn of(interface: &Interface) -> Self {
        let mut sight = Self::default();
        sight.tuple.zone = interface.zone as u32;
        sight
    }

    /// Whether it ends a connection.
    #[inline(always)]
    pub fn is_last(&self) -> bool {
        self.flags & (FIN | RST) != 0
    }

    /// Whether it is IPv4.
    #[inline(always)]
    pub fn is_v4(&self) -> bool {
        self.header == 20
    }
}

/// Looks at the headers. Of a segment of TCP, `sight` is told.
#[inline(always)]
pub fn see(piece: Piece, sight: &mut Sight) -> Seen {
    let Some(link) = piece.header::<NETWORK>(0) else {
        return Seen::Unsure;
    };
    match link.half::<12>() {
        IPV4 => version4(piece, sight),
        IPV6 => version6(piece, sight),
        _ => Seen::Unsure,
    }
}

#[inline(always)]
fn version4(piece: Piece, sight: &mut Sight) -> Seen {
    let Some(ip) = piece.header::<20>(NETWORK) else {
        return Seen::Unsure;
    };
    sight.header = 20;
    sight.length = u16::from_be(ip.half::<2>()).into();
    if ip.byte::<0>() != 0x45 || sight.length < 20 {
        return Seen::Unsure;
    }
    if ip.byte::<9>() != TCP {
        return Seen::NotTcp;
    }
    if ip.half::<6>() & FRAGMENT != 0 {
        return Seen::Unsure;
    }
    sight.tuple.source = Address::from_v4(ip.word::<12>().to_ne_bytes());
    sight.tuple.destination = Address::from_v4(ip.word::<16>().to_ne_bytes());
    transport(piece.header(NETWORK + 20), sight)
}

#[inline(always)]
fn version6(piece: Piece, sight: &mut Sight) -> Seen {
    let Some(ip) = piece.header::<40>(NETWORK) else {
        return Seen::Unsure;
    };
    if ip.byte::<0>() >> 4 != 6 {
        return Seen::Unsure;
    }
    match ip.byte::<6>() {
        TCP => {}
        UDP | ICMPV6 => return Seen::NotTcp,
        _ => return Seen::Unsure,
    }
    let (a, b, c, d) = (
        ip.word::<8>(),
        ip.word::<12>(),
        ip.word::<16>(),
        ip.word::<20>(),
    );
    sight.tuple.source = Address::from_words([a, b, c, d]);
    let (a, b, c, d) = (
        ip.word::<24>(),
        ip.word::<28>(),
        ip.word::<32>(),
        ip.word::<36>(),
    );
    sight.tuple.destination = Address::from_words([a, b, c, d]);
    // No host accepts them: see `packet`.
    if sight.tuple.source.is_v4() || sight.tuple.destination.is_v4() {
        return Seen::Unsure;
    }
    sight.header = 40;
    sight.length = 40 + u32::from(u16::from_be(ip.half::<4>()));
    transport(piece.header(NETWORK + 40), sight)
}

#[inline(always)]
fn transport(header: Option<Header<20>>, sight: &mut Sight) -> Seen {
    let Some(tcp) = header else {
        return Seen::Unsure;
    };
    let size = u32::from(tcp.byte::<12>() >> 4) * 4;
    sight.flags = tcp.byte::<13>();
    sight.headers = sight.header + size;
    if size < 20 || sight.headers > sight.length || sight.flags & SYN != 0 {
        return Seen::Unsure;
    }
    sight.tuple.source_port = u16::from_be(tcp.half::<0>());
    sight.tuple.destination_port = u16::from_be(tcp.half::<2>());
    sight.checksum = tcp.half::<16>();
    Seen::Tcp
}
