//! Where the plain segments of an admitted data connection find what they need, without a look-up.
//!
//! Addresses and ports lead to a seat. Nearly all packets lead to one to which no flow does, and are
//! nobody's. One flow at a time sits in it: its segments are counted there and add nothing else to what
//! is known of it. It stands up when it is over. Flows that find their seat taken go without.

use bytemuck::{Pod, Zeroable};

use crate::{
    ends::Ends,
    flow::{Flow, Side},
};

/// How long a flow that is seated may go without a closer look, in nanoseconds: by that its control
/// connection is told that it lives.
const LONGEST: u64 = 10_000_000_000;

/// Value of the array of seats: two cache lines.
///
/// There is no lock. The first three fields that change are added to atomically; who adds one to `taken`
/// and finds that it was the first has the seat. While `ends` are being written nothing is decided by
/// them: `tick` and `until` are 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Seat {
    /// How many flows lead here. It is never too low.
    pub flows: u64,
    /// 1 while a flow sits here; more while others try to.
    pub taken: u64,
    /// Its key.
    pub ends: Ends,
    /// The tick of the kernel's clock (`jiffies`) in which `seen` and `until` were last looked at: until
    /// the next one plain segments need no more than to be counted. 0 when they need a closer look.
    pub tick: u64,
    /// What was counted here from the lower and from the higher end of the key.
    pub tallies: [Tally; 2],
    /// When the last packet came, within a tick; monotonic clock, nanoseconds.
    pub seen: u64,
    /// From when on a segment needs a closer look; monotonic clock, nanoseconds.
    pub until: u64,
    /// Reserved, zero.
    pub reserved: [u64; 4],
}

const _: () = assert!(size_of::<Seat>() == 128);

impl Seat {
    /// Whether the flow with this key sits here.
    #[inline(always)]
    pub const fn is_of(&self, key: &Ends) -> bool {
        self.taken != 0 && self.ends.same(key)
    }

    /// If the flow of a packet sits here, whether it comes from the lower end.
    #[inline(always)]
    pub fn is_from_low(&self, packet: &Ends) -> Option<bool> {
        if self.taken == 0 {
            return None;
        }
        self.ends.direction(packet)
    }

    /// Adds what was seen and counted here to what the map says of the flow.
    pub const fn add_to(&self, flow: &mut Flow) {
        flow.note_seen(self.seen);
        flow.add(&self.tallies[0], true);
        flow.add(&self.tallies[1], false);
    }
}

impl Flow {
    /// Adds what its seat counted from one end.
    #[inline(always)]
    pub const fn add(&mut self, tally: &Tally, is_low: bool) {
        let side = match self.side(is_low) {
            Side::Initiator => 0,
            Side::Responder => 1,
        };
        self.packets[side] = self.packets[side].wrapping_add(tally.packets());
        self.bytes[side] = self.bytes[side].wrapping_add(tally.bytes());
    }
}

/// Packets (the upper bits) and bytes of IP (the lower 42) of one direction. Both are counted by one
/// addition.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Pod, Zeroable)]
pub struct Tally(pub u64);

impl Tally {
    const BYTES: u32 = 42;
    /// Two million packets: up to one megabyte each, as many again find room before it is
    /// emptied.
    const FULL: u64 = 1 << 63;

    /// One packet of `length` bytes.
    #[inline(always)]
    pub const fn packet(length: u32) -> Self {
        Self(1 << Self::BYTES | length as u64)
    }

    /// How many packets.
    #[inline(always)]
    pub const fn packets(self) -> u64 {
        self.0 >> Self::BYTES
    }

    /// How many bytes.
    #[inline(always)]
    pub const fn bytes(self) -> u64 {
        self.0 & ((1 << Self::BYTES) - 1)
    }

    /// Whether `more` fills it: whoever adds that empties it.
    #[inline(always)]
    pub const fn is_filled_by(self, more: Self) -> bool {
        let after = self.0.wrapping_add(more.0);
        self.0 & Self::FULL == 0 && after & Self::FULL != 0
    }
}

/// How long a flow may go without a closer look, in nanoseconds. Both it and its control connection may
/// be silent for some time.
#[inline(always)]
pub const fn patience(flow_idle: u64, session_idle: u64) -> u64 {
    let idle = if flow_idle < session_idle {
        flow_idle
    } else {
        session_idle
    };
    if idle / 4 < LONGEST {
        idle / 4
    } else {
        LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::Address,
        tuple::{FlowKey, Tuple},
    };

    #[test]
    fn only_who_sits_there_has_it() {
        let own = Tuple {
            source: Address::from_v4([192, 0, 2, 1]),
            destination: Address::from_v4([10, 0, 0, 1]),
            source_port: 40_000,
            destination_port: 50_000,
            zone: 0,
        };
        let (key, source_is_low) = FlowKey::of(&own);
        let (key, own, reverse) = (Ends::from(key), own.into(), Ends::from(own.reversed()));
        let mut seat = Seat {
            ends: key,
            ..Seat::default()
        };
        assert!(
            seat.is_from_low(&own).is_none() && !seat.is_of(&key),
            "empty"
        );
        seat.taken = 1;
        assert!(seat.is_of(&key) && !seat.is_of(&Ends::default()));
        assert_eq!(seat.is_from_low(&own), Some(source_is_low));
        assert_eq!(seat.is_from_low(&reverse), Some(!source_is_low));
        assert_eq!(seat.is_from_low(&Ends::default()), None);
    }

    #[test]
    fn what_was_counted_is_the_flows() {
        let seat = Seat {
            tallies: [
                Tally(Tally::packet(100).0 + Tally::packet(7).0),
                Tally::packet(1500),
            ],
            seen: 9,
            ..Seat::default()
        };
        let flow = |low, seen| {
            let mut flow = Flow {
                packets: [10, 20],
                bytes: [1, 2],
                seen,
                initiator_is_low: low,
                ..Flow::default()
            };
            seat.add_to(&mut flow);
            (flow.packets, flow.bytes, flow.seen)
        };
        assert_eq!(flow(1, 3), ([12, 21], [108, 1502], 9));
        assert_eq!(flow(0, 12), ([11, 22], [1501, 109], 12));
    }

    /// Nothing runs over, whatever comes until it is emptied.
    #[test]
    fn one_packet_fills_a_tally() {
        let longest = Tally::packet(1 << 20);
        let full = 1 << 21;
        let mut tally = Tally::default();
        let mut filled = (0, 0);
        for number in 1..=full + 1000 {
            if tally.is_filled_by(longest) {
                filled = (filled.0 + 1, number);
            }
            tally.0 += longest.0;
            assert_eq!((tally.packets(), tally.bytes()), (number, number << 20));
        }
        assert_eq!(filled, (1, full));
    }

    #[test]
    fn patience_is_less_than_both_may_be_silent() {
        const SECOND: u64 = 1_000_000_000;
        for (flow, session, expect) in [
            (SECOND, SECOND, SECOND / 4),
            (SECOND, 3600 * SECOND, SECOND / 4),
            (3600 * SECOND, 8 * SECOND, 2 * SECOND),
            (40 * SECOND, 40 * SECOND, LONGEST),
            (3600 * SECOND, u64::MAX, LONGEST),
            (0, 0, 0),
        ] {
            assert_eq!(patience(flow, session), expect);
        }
    }
}
