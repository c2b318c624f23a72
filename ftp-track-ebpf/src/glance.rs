//! What most packets are, seen at a glance: nobody's business, or one more segment of an admitted data
//! connection.
//!
//! It comes before [`crate::verdict`] and says the same, or nothing: whatever is not as plain as
//! nearly all packets are is left to that.

use aya_ebpf::bindings::xdp_action;
use ftp_track_common::{
    config::{Config, PortSet},
    flow::{Flow, Side},
    interface::{LAYER3, TCP_ONLY},
    reason::Reason,
    tuple::FlowKey,
};

use crate::{
    bypass, clock,
    counter::count,
    data, door,
    frame::{Frame, XdpFrame},
    hint,
    map::{FLOWS, PORTS, SETTINGS},
    sight::{self, Seen, Sight},
    skb::SkbFrame,
};

/// Nothing is decided.
pub const UNSURE: u64 = 0;
/// It passes.
pub const FOREIGN: u64 = 1;
/// It is one of an admitted data connection, and was counted.
pub const RELATED: u64 = 2;
/// An action of XDP plus this.
const ACTION: u64 = 1;

/// What a packet is.
enum Look {
    /// Somebody has to look closer.
    Unsure,
    /// Not TCP.
    NotTcp,
    /// Not of a control connection, nor of a data connection that was admitted.
    Foreign,
    /// A segment by which nothing changes for its data connection.
    Related(&'static mut Flow, Side),
}

/// At the XDP hook: [`UNSURE`], or what [`action`] takes.
///
/// Not inlined, as the others here: its stack is gone before the parsers need theirs.
#[inline(never)]
pub fn xdp(frame: XdpFrame) -> u64 {
    const PASS: u64 = xdp_action::XDP_PASS as u64 + ACTION;
    let Some(interface) = door::of(frame.interface()) else {
        return PASS;
    };
    let mut sight = Sight::of(interface);
    match look(frame, &mut sight) {
        Look::Unsure => UNSURE,
        Look::NotTcp if interface.has(TCP_ONLY) => UNSURE,
        Look::NotTcp => {
            count(Reason::NotTcp);
            PASS
        }
        Look::Foreign => PASS,
        Look::Related(flow, side) if interface.bypasses() => {
            match bypass::plain::way(frame, &sight, interface) {
                Some(way) => {
                    data::account(flow, side, sight.length);
                    count(Reason::Related);
                    u64::from(bypass::plain::forward(&sight, &way)) + ACTION
                }
                None => UNSURE,
            }
        }
        Look::Related(flow, side) => {
            data::account(flow, side, sight.length);
            count(Reason::Related);
            PASS
        }
    }
}

/// The action that [`xdp`] has decided on; None when it was unsure.
#[inline(always)]
pub fn action(glance: u64) -> Option<u32> {
    (glance != UNSURE).then(|| (glance - ACTION) as u32)
}

/// At the TC hook.
#[inline(never)]
pub fn tc(frame: SkbFrame) -> u64 {
    let Some(interface) = door::of(frame.interface()) else {
        return FOREIGN;
    };
    if interface.has(LAYER3) {
        return UNSURE;
    }
    let mut sight = Sight::of(interface);
    match look(frame, &mut sight) {
        Look::Unsure => UNSURE,
        Look::NotTcp if interface.has(TCP_ONLY) => UNSURE,
        Look::NotTcp => {
            count(Reason::NotTcp);
            FOREIGN
        }
        Look::Foreign => FOREIGN,
        Look::Related(..) if interface.bypasses() => UNSURE,
        Look::Related(flow, side) => {
            data::account(flow, side, sight.length);
            count(Reason::Related);
            RELATED
        }
    }
}

/// Whether a packet that XDP has decided on is certainly none of an admitted data connection.
#[inline(never)]
pub fn is_foreign(frame: SkbFrame) -> bool {
    door::of(frame.interface()).is_some_and(|interface| {
        let mut sight = Sight::of(interface);
        !interface.has(LAYER3) && matches!(look(frame, &mut sight), Look::NotTcp | Look::Foreign)
    })
}

#[inline(always)]
fn look<F: Frame>(frame: F, sight: &mut Sight) -> Look {
    match sight::see(frame.piece(), sight) {
        Seen::Tcp => {}
        Seen::NotTcp => return Look::NotTcp,
        Seen::Unsure => return Look::Unsure,
    }
    let Some(config) = SETTINGS.get(0) else {
        return Look::Unsure;
    };
    let tuple = &sight.tuple;
    if is_control(tuple.source_port, config) || is_control(tuple.destination_port, config) {
        return Look::Unsure;
    }
    if !hint::is_set(tuple.hint()) {
        return Look::Foreign;
    }
    let (key, source_is_low) = FlowKey::of(tuple);
    let Some(flow) = FLOWS.get_ptr_mut(&key) else {
        return Look::Foreign;
    };
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &mut *flow };
    if sight.is_last() || !flow.is_steady(clock::tick()) {
        return Look::Unsure;
    }
    let side = flow.side(source_is_low);
    Look::Related(flow, side)
}

#[inline(always)]
fn is_control(port: u16, config: &Config) -> bool {
    let slot = PortSet::slot(config.generation, PortSet::index(port));
    PORTS
        .get(slot)
        .is_none_or(|set| set.control & PortSet::bit(port) != 0)
}
