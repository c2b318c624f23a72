//! The headers of a plain packet: Ethernet without a tag, IP without options, no fragment. All else
//! is for [`crate::packet`].

use ftp_track_common::{
    address::{Address, join},
    ends::Ends,
    segment::{FIN, RST, SYN},
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

/// A plain segment.
#[derive(Clone, Copy, Default)]
pub struct Sight {
    /// Addresses and ports.
    pub ends: Ends,
    /// Length of the IP packet.
    pub length: u32,
    /// Length of the IP header.
    pub header: u32,
    /// Length of both headers.
    pub headers: u32,
    /// The TCP checksum as it lies in memory.
    pub checksum: u16,
    /// The TCP flags' low byte.
    pub flags: u8,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number.
    pub acknowledgment: u32,
    /// Window as announced.
    pub window: u16,
}

impl Sight {
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

/// Looks at the headers of a frame in this `zone`. Of a segment of TCP that begins no connection,
/// `sight` is told.
#[inline(always)]
pub fn see(piece: Piece, zone: u16, sight: &mut Sight) -> Seen {
    match see_any(piece, zone, sight) {
        Seen::Tcp if sight.flags & SYN != 0 => Seen::Unsure,
        seen => seen,
    }
}

/// As [`see`], of any segment of TCP.
#[inline(always)]
pub fn see_any(piece: Piece, zone: u16, sight: &mut Sight) -> Seen {
    let Some(link) = piece.header::<NETWORK>(0) else {
        return Seen::Unsure;
    };
    match link.half::<12>() {
        IPV4 => version4(piece, zone, sight),
        IPV6 => version6(piece, zone, sight),
        _ => Seen::Unsure,
    }
}

#[inline(always)]
fn version4(piece: Piece, zone: u16, sight: &mut Sight) -> Seen {
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
    let source = Address::from_v4(ip.word::<12>().to_ne_bytes());
    let destination = Address::from_v4(ip.word::<16>().to_ne_bytes());
    let addresses = [source.halves(), destination.halves()];
    transport(piece.header(NETWORK + 20), addresses, zone, sight)
}

#[inline(always)]
fn version6(piece: Piece, zone: u16, sight: &mut Sight) -> Seen {
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
    let source = [ip.long::<8>(), ip.long::<16>()];
    let destination = [ip.long::<24>(), ip.long::<32>()];
    // No host accepts them: see `packet`.
    if is_mapped(source) || is_mapped(destination) {
        return Seen::Unsure;
    }
    sight.header = 40;
    sight.length = 40 + u32::from(u16::from_be(ip.half::<4>()));
    transport(
        piece.header(NETWORK + 40),
        [source, destination],
        zone,
        sight,
    )
}

/// Whether it is an IPv4 address in the form of IPv6.
#[inline(always)]
fn is_mapped([first, second]: [u64; 2]) -> bool {
    const MASK: u64 = join(u32::MAX, 0);
    const MAPPED: u64 = Address::from_v4([0; 4]).halves()[1];
    first | ((second & MASK) ^ MAPPED) == 0
}

#[inline(always)]
fn transport(
    header: Option<Header<20>>,
    [source, destination]: [[u64; 2]; 2],
    zone: u16,
    sight: &mut Sight,
) -> Seen {
    let Some(tcp) = header else {
        return Seen::Unsure;
    };
    let size = u32::from(tcp.byte::<12>() >> 4) * 4;
    sight.flags = tcp.byte::<13>();
    sight.headers = sight.header + size;
    if size < 20 || sight.headers > sight.length {
        return Seen::Unsure;
    }
    sight.ends = Ends::new(source, destination, tcp.word::<0>(), zone.into());
    sight.sequence = u32::from_be(tcp.word::<4>());
    sight.acknowledgment = u32::from_be(tcp.word::<8>());
    sight.window = u16::from_be(tcp.half::<14>());
    sight.checksum = tcp.half::<16>();
    Seen::Tcp
}
