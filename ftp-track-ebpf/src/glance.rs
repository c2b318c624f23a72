//! What most packets are, seen at a glance: nobody's business, or one more segment of an admitted data
//! connection.
//!
//! It comes before [`crate::verdict`] and says the same, or nothing: whatever is not as plain as
//! nearly all packets are is left to that.

use aya_ebpf::bindings::{TC_ACT_REDIRECT, xdp_action};
use ftp_track_common::{
    config::PortSet,
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
/// It is one of an admitted data connection, was counted, and is on its way past the firewall.
pub const SENT: u64 = 3;
/// Likewise, and it cannot be sent.
pub const LOST: u64 = 4;
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
        Look::Related(flow, side) if interface.bypasses() => {
            match bypass::redirect::way(frame, &sight) {
                Some(way) => {
                    data::account(flow, side, sight.length);
                    count(Reason::Related);
                    match bypass::redirect::go(frame, &sight, &way) {
                        TC_ACT_REDIRECT => SENT,
                        _ => LOST,
                    }
                }
                None => UNSURE,
            }
        }
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
    let tuple = &sight.tuple;
    if hint::is_set(tuple.hint())
        && let Some(look) = look_among_flows(sight)
    {
        return look;
    }
    if is_control(tuple.source_port) || is_control(tuple.destination_port) {
        return Look::Unsure;
    }
    Look::Foreign
}

/// None where there is no such flow.
#[inline(always)]
fn look_among_flows(sight: &Sight) -> Option<Look> {
    let (key, source_is_low) = FlowKey::of(&sight.tuple);
    let flow = FLOWS.get_ptr_mut(&key)?;
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &mut *flow };
    if sight.is_last() {
        return Some(Look::Unsure);
    }
    let tick = clock::tick() as u32;
    if !flow.is_steady(tick) {
        let now = clock::now();
        if !flow.goes_on(now) {
            return Some(Look::Unsure);
        }
        flow.seen = now;
        flow.tick = tick;
    }
    let side = flow.side(source_is_low);
    Some(Look::Related(flow, side))
}

/// Whether control connections may have this port. Where nothing is known, they may.
#[inline(always)]
fn is_control(port: u16) -> bool {
    SETTINGS.get(0).is_none_or(|config| {
        let slot = PortSet::slot(config.generation, PortSet::index(port));
        let set = PORTS.get(slot);
        set.is_none_or(|set| set.control & PortSet::bit(port) != 0)
    })
}
