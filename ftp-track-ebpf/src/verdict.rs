//! From a frame to what happens to it.

use ftp_track_common::{
    config::{Config, PORT_LISTS, PortSet},
    policy::Binding,
    reason::Reason,
    segment::{FIN, RST, SYN},
    tuple::Direction,
};

use crate::{
    attempt, clock, control,
    counter::{count, count_number},
    data,
    door::Door,
    frame::Frame,
    map::{PORTS, SETTINGS},
    packet::{self, Packet},
    rule, scratch,
};

/// Numbers of protocols (IANA, protocol-numbers).
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// What happens to a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes its way.
    Pass,
    /// It goes its way, as one of an admitted data connection.
    Related,
    /// It goes its way, and needs a conntrack entry for it.
    Enter,
    /// It is dropped.
    Drop,
}

/// Decides on a frame. Without a door there is nothing to decide.
#[inline(always)]
pub fn decide<F: Frame>(frame: F, enter: fn(F, &mut Door) -> bool) -> Verdict {
    let (Some(config), Some(packet)) = (SETTINGS.get(0), scratch::packet()) else {
        return Verdict::Pass;
    };
    if !enter(frame, &mut packet.door) {
        return Verdict::Pass;
    }
    rule::name(Binding::default());
    let unread = packet::read(frame, packet);
    if unread != 0 {
        count_number(unread);
        return drop_unread(packet, unread);
    }
    let source = ports(packet.tuple.source_port, &packet.door, config);
    let destination = ports(packet.tuple.destination_port, &packet.door, config);
    if packet.segment.is_syn() {
        let now = note_time(packet);
        return syn(frame, packet, config, &destination, now);
    }
    if packet.first_fragment {
        count(Reason::Fragment);
        return Verdict::Pass;
    }
    // A data connection may have a control port as its own end.
    if (destination.control || source.control) && data::standing(packet) == data::FOREIGN {
        note_tick(packet);
        let direction = if destination.control {
            Direction::FromClient
        } else {
            Direction::FromServer
        };
        return control::segment(frame, packet, direction);
    }
    match data::segment(frame, packet) {
        data::RELATED => Verdict::Related,
        standing => drop_if(standing == data::REVOKED && packet.door.enforces),
    }
}

/// What becomes of a packet that is not read, for the reason with this number. What its receiver may
/// read all the same could be a new connection. ICMP is always for the firewall: without its errors,
/// and without neighbour discovery, TCP does not work either.
#[inline(always)]
fn drop_unread(packet: &Packet, unread: u64) -> Verdict {
    let is_icmp = packet.protocol == ICMP || packet.protocol == ICMPV6;
    if unread == Reason::NotTcp as u64 && packet.door.tcp_only && !is_icmp {
        count(Reason::NotTcpDropped);
        return Verdict::Drop;
    }
    let is_hidden =
        unread == Reason::TinyFragment as u64 || unread == Reason::TooManyHeaders as u64;
    drop_if(is_hidden && packet.door.enforces)
}

/// Tells the packet when it came. The clock costs as much as a lookup, so what is nobody's business
/// passes without.
#[inline(always)]
fn note_time(packet: &mut Packet) -> u64 {
    packet.time = clock::now();
    packet.time
}

/// As [`note_time`]. A segment that begins, says and ends nothing is told the time of an earlier one in
/// the same tick.
#[inline(always)]
fn note_tick(packet: &mut Packet) {
    let segment = &packet.segment;
    let is_bare = segment.length == 0 && segment.flags & (SYN | FIN | RST) == 0;
    let tick = clock::tick();
    if !is_bare || packet.tick != tick {
        packet.tick = tick;
        note_time(packet);
    }
}

/// Whether a frame belongs to an admitted data connection, for a second look at one that was decided
/// on.
#[inline(always)]
pub fn is_related<F: Frame>(frame: F, enter: fn(F, &mut Door) -> bool) -> bool {
    let Some(packet) = scratch::packet() else {
        return false;
    };
    enter(frame, &mut packet.door)
        && packet::read(frame, packet) == 0
        && data::standing(packet) == data::RELATED
}

/// A new connection.
#[inline(always)]
fn syn<F: Frame>(
    frame: F,
    packet: &Packet,
    config: &Config,
    destination: &Port,
    now: u64,
) -> Verdict {
    attempt::clear();
    // A server may announce a port that is also one of control.
    if data::syn(frame, packet, config, now) {
        attempt::note(&packet.tuple, now);
        return if packet.door.makes_entries {
            Verdict::Enter
        } else {
            Verdict::Related
        };
    }
    if destination.control {
        let reason = control::syn(frame, packet, config, now);
        count_number(reason);
        if reason == Reason::RefusedByPolicy as u64 && packet.door.enforces {
            data::report_drop(packet, Reason::RefusedByPolicy, now);
            return Verdict::Drop;
        }
        if reason != 0 {
            return Verdict::Pass;
        }
    }
    if packet.door.outgoing {
        return Verdict::Pass;
    }
    if destination.allowed {
        count(Reason::AllowedPort);
        attempt::judge(Reason::AllowedPort, 0, 0);
        attempt::note(&packet.tuple, now);
        return Verdict::Pass;
    }
    count(Reason::Unexpected);
    attempt::note(&packet.tuple, now);
    if packet.door.enforces {
        data::report_drop(packet, Reason::Unexpected, now);
        return Verdict::Drop;
    }
    Verdict::Pass
}

/// What a port is for.
#[derive(Clone, Copy)]
struct Port {
    control: bool,
    allowed: bool,
}

#[inline(always)]
fn ports(port: u16, door: &Door, config: &Config) -> Port {
    let bit = PortSet::bit(port);
    let [even, odd] = door.lists;
    let list = if config.generation & 1 == 0 {
        even
    } else {
        odd
    };
    match PORTS.get(PortSet::slot(config.generation, PortSet::index(port))) {
        Some(set) => Port {
            control: set.control & bit != 0,
            allowed: set.allowed[list as usize & (PORT_LISTS - 1)] & bit != 0,
        },
        None => Port {
            control: false,
            allowed: false,
        },
    }
}

#[inline(always)]
pub(crate) fn drop_if(condition: bool) -> Verdict {
    if condition {
        Verdict::Drop
    } else {
        Verdict::Pass
    }
}
