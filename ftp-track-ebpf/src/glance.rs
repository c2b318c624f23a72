//! What most packets are, seen at a glance: nobody's business, or one more segment of an admitted data
//! connection.
//!
//! It comes before [`crate::verdict`] and says the same, or nothing: whatever is not as plain as
//! nearly all packets are is left to that.

use aya_ebpf::bindings::{TC_ACT_REDIRECT, xdp_action};
use ftp_track_common::{
    config::PortSet,
    flow::Flow,
    interface::{Interface, LAYER3, TCP_ONLY},
    reason::Reason,
    seat::Seat,
    tuple::FlowKey,
};

use crate::{
    bypass, clock,
    counter::count,
    data, door,
    frame::{Frame, XdpFrame},
    map::{FLOWS, PORTS, SETTINGS},
    seat,
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
    /// A segment by which nothing changes for its data connection, which sits here; whether it comes from
    /// the lower end.
    Related(&'static mut Seat, bool),
    /// Likewise, of one that found its seat taken.
    Standing(&'static mut Flow, bool),
}

/// What a hook does with packets.
struct Hook<F, W> {
    /// Where one goes that can be sent as it is.
    way: fn(F, &Sight, &Interface) -> Option<W>,
    /// Sends it there; what is decided by that.
    send: fn(F, &Sight, &W) -> u64,
    /// What is decided on one that is nobody's.
    foreign: u64,
    /// What is decided on one of an admitted data connection.
    related: u64,
}

/// At the XDP hook: [`UNSURE`], or what [`action`] takes.
///
/// Not inlined, as the others here: its stack is gone before the parsers need theirs.
#[inline(never)]
pub fn xdp(frame: XdpFrame) -> u64 {
    const PASS: u64 = xdp_action::XDP_PASS as u64 + ACTION;
    decide(
        frame,
        Hook {
            way: bypass::plain::way,
            send: |_, sight, way| u64::from(bypass::plain::forward(sight, way)) + ACTION,
            foreign: PASS,
            related: PASS,
        },
    )
}

/// The action that [`xdp`] has decided on; None when it was unsure.
#[inline(always)]
pub fn action(glance: u64) -> Option<u32> {
    (glance != UNSURE).then(|| (glance - ACTION) as u32)
}

/// At the TC hook.
#[inline(never)]
pub fn tc(frame: SkbFrame) -> u64 {
    decide(
        frame,
        Hook {
            way: bypass::redirect::way,
            send: |frame, sight, way| match bypass::redirect::go(frame, sight, way) {
                TC_ACT_REDIRECT => SENT,
                _ => LOST,
            },
            foreign: FOREIGN,
            related: RELATED,
        },
    )
}

#[inline(always)]
fn decide<F: Frame, W>(frame: F, hook: Hook<F, W>) -> u64 {
    let Some(interface) = door::of(frame.interface()) else {
        return hook.foreign;
    };
    if interface.has(LAYER3) {
        return UNSURE;
    }
    let mut sight = Sight::default();
    match look(frame, interface, &mut sight) {
        Look::Unsure => UNSURE,
        Look::NotTcp if interface.has(TCP_ONLY) => UNSURE,
        Look::NotTcp => {
            count(Reason::NotTcp);
            hook.foreign
        }
        Look::Foreign => hook.foreign,
        Look::Related(seat, low) => {
            let account = || seat::account(seat, low, sight.length);
            related(frame, &sight, interface, hook, account)
        }
        Look::Standing(flow, low) => {
            let account = || data::tally(flow, flow.side(low), 1, sight.length.into());
            related(frame, &sight, interface, hook, account)
        }
    }
}

#[inline(always)]
fn related<F, W>(
    frame: F,
    sight: &Sight,
    interface: &Interface,
    hook: Hook<F, W>,
    account: impl FnOnce(),
) -> u64
where
    F: Frame,
{
    if !interface.bypasses() {
        account();
        count(Reason::Related);
        return hook.related;
    }
    let Some(way) = (hook.way)(frame, sight, interface) else {
        return UNSURE;
    };
    account();
    count(Reason::Related);
    (hook.send)(frame, sight, &way)
}

/// Whether a packet that XDP has decided on is certainly none of an admitted data connection.
#[inline(never)]
pub fn is_foreign(frame: SkbFrame) -> bool {
    door::of(frame.interface()).is_some_and(|interface| {
        let mut sight = Sight::default();
        !interface.has(LAYER3)
            && matches!(
                look(frame, interface, &mut sight),
                Look::NotTcp | Look::Foreign
            )
    })
}

#[inline(always)]
fn look<F: Frame>(frame: F, interface: &Interface, sight: &mut Sight) -> Look {
    match sight::see(frame.piece(), interface.zone, sight) {
        Seen::Tcp => {}
        Seen::NotTcp => return Look::NotTcp,
        Seen::Unsure => return Look::Unsure,
    }
    let ends = &sight.ends;
    let Some(seat) = seat::of(ends) else {
        return Look::Unsure;
    };
    if seat.flows != 0 {
        if let Some(low) = seat.is_from_low(ends) {
            return if !sight.is_last() && goes_on(seat) {
                Look::Related(seat, low)
            } else {
                Look::Unsure
            };
        }
        // The only flow that leads here is another one, if it sits.
        let is_alone = seat.flows == 1 && seat.tick != 0;
        if !is_alone && let Some(look) = look_among_flows(sight) {
            return look;
        }
    }
    let [source, destination] = ends.ports();
    if may_be_control(source, destination) {
        return Look::Unsure;
    }
    Look::Foreign
}

/// Whether a plain segment of the flow that sits here needs no closer look.
#[inline(always)]
fn goes_on(seat: &mut Seat) -> bool {
    let tick = clock::tick();
    if seat.tick == tick {
        return true;
    }
    let now = clock::now();
    if now >= seat.until {
        return false;
    }
    seat.seen = now;
    seat.tick = tick;
    true
}

/// None where there is no such flow.
#[inline(always)]
fn look_among_flows(sight: &Sight) -> Option<Look> {
    let (key, source_is_low) = FlowKey::of(&sight.ends.into());
    let flow = FLOWS.get_ptr_mut(&key)?;
    // SAFETY: the flow is a live map value, and shared as its type says.
    let flow = unsafe { &mut *flow };
    let now = clock::now();
    if sight.is_last() || !flow.goes_on(now) {
        return Some(Look::Unsure);
    }
    flow.seen = now;
    Some(Look::Standing(flow, source_is_low))
}

/// Whether control connections may have one of these ports. Where nothing is known, they may.
#[inline(always)]
fn may_be_control(one: u16, other: u16) -> bool {
    let Some(config) = SETTINGS.get(0) else {
        return true;
    };
    if config.has_no_control(one, other) {
        return false;
    }
    [one, other].into_iter().any(|port| {
        let slot = PortSet::slot(config.generation, PortSet::index(port));
        let set = PORTS.get(slot);
        set.is_none_or(|set| set.control & PortSet::bit(port) != 0)
    })
}
