//! The maps, in the form that aya and libbpf both read. Names and capacities: `layout`.

use aya_ebpf::{
    bindings::{BPF_F_MMAPABLE, BPF_F_NO_PREALLOC},
    btf_maps::{Array, HashMap, LruHashMap, PerCpuArray, ProgramArray, RingBuf},
    macros::btf_map,
};
use ftp_track_common::{
    attempt::{Attempts, HostPair},
    client::ClientKey,
    config::{Config, PORT_SLOTS, PortSet},
    expectation::Expectation,
    flow::Flow,
    handshake::Handshake,
    history::History,
    interface::{self, Interface},
    kept::{KeptBytes, KeptKey},
    layout::{self, ClientEntry, Janitor, SessionEntry},
    policy::RULE_SLOTS,
    reason,
    route::{self, Route},
    rule::Rule,
    seat::Seat,
    tuple::{ExpectationKey, FlowKey, SessionKey},
};

use crate::scratch::Scratch;

const ON_DEMAND: usize = BPF_F_NO_PREALLOC as usize;

/// Control connections. Memory is taken as they come: most gateways have few.
#[btf_map]
pub static SESSIONS: HashMap<SessionKey, SessionEntry, { layout::MAX_SESSIONS }, ON_DEMAND> =
    HashMap::new();

/// Control connections before the end of their handshake.
#[btf_map]
pub static HANDSHAKES: LruHashMap<SessionKey, Handshake, { layout::MAX_HANDSHAKES }> =
    LruHashMap::new();

/// Control connections that are not picked up in their middle; see [`crate::barred`].
#[btf_map]
pub static BARRED: LruHashMap<SessionKey, u64, { layout::MAX_BARRED }> = LruHashMap::new();

/// Announced data connections.
#[btf_map]
pub static EXPECTATIONS: HashMap<
    ExpectationKey,
    Expectation,
    { layout::MAX_EXPECTATIONS },
    ON_DEMAND,
> = HashMap::new();

/// Admitted data connections.
#[btf_map]
pub static FLOWS: HashMap<FlowKey, Flow, { layout::MAX_FLOWS }, ON_DEMAND> = HashMap::new();

/// Seats of those. User space has them in its memory when it takes one away; besides, the kernel then lets
/// the array begin at a page, so that a seat is two cache lines.
#[btf_map]
pub static SEATS: Array<Seat, { layout::MAX_FLOWS }, { BPF_F_MMAPABLE as usize }> = Array::new();

/// What control connections said last.
#[btf_map]
pub static HISTORIES: LruHashMap<SessionKey, History, { layout::MAX_HISTORIES }> =
    LruHashMap::new();

/// New connections between hosts that have a control connection.
#[btf_map]
pub static ATTEMPTS: LruHashMap<HostPair, Attempts, { layout::MAX_ATTEMPTS }> = LruHashMap::new();

/// What came beyond a gap and may not be held back.
#[btf_map]
pub static KEPT: LruHashMap<KeptKey, KeptBytes, { layout::MAX_KEPT }> = LruHashMap::new();

/// What each client has in the other maps.
#[btf_map]
pub static CLIENTS: HashMap<ClientKey, ClientEntry, { layout::MAX_CLIENTS }, ON_DEMAND> =
    HashMap::new();

/// The timer that cleans up.
#[btf_map]
pub static JANITOR: Array<Janitor, 1> = Array::new();

/// Whether these programs have started it. Not pinned: programs that take over the maps start it
/// again, and so have it call their own function.
#[btf_map]
pub static ARMED: Array<u64, 1> = Array::new();

/// What the daemon decided.
#[btf_map]
pub static SETTINGS: Array<Config, 1> = Array::new();

/// Two policies, one of them in force.
#[btf_map]
pub static RULES: Array<Rule, { RULE_SLOTS }> = Array::new();

/// Control ports and allowed ports.
#[btf_map]
pub static PORTS: Array<PortSet, { PORT_SLOTS as usize }> = Array::new();

/// What is known of interfaces.
#[btf_map]
pub static INTERFACES: Array<Interface, { interface::SLOTS as usize }> = Array::new();

/// Decisions by reason.
#[btf_map]
pub static COUNTERS: PerCpuArray<u64, { reason::SLOTS as usize }> = PerCpuArray::new();

/// Reports to the daemon.
#[btf_map]
pub static EVENTS: RingBuf<(), { layout::EVENT_BYTES }> = RingBuf::new();

/// Reports that found the ring full.
#[btf_map]
pub static LOST_EVENTS: PerCpuArray<u64, 1> = PerCpuArray::new();

/// Sessions numbered so far, on each CPU.
#[btf_map]
pub static NUMBERS: PerCpuArray<u64, 1> = PerCpuArray::new();

/// The kernel's routing as bypass mode remembers it.
#[btf_map]
pub static ROUTES: PerCpuArray<Route, { route::ROUTES as usize }> = PerCpuArray::new();

/// Working memory; see [`Scratch`].
#[btf_map]
pub static SCRATCH: PerCpuArray<Scratch, 1> = PerCpuArray::new();

/// [`crate::conntrack`] for XDP, where the daemon has put it.
#[btf_map]
pub static XDP_CONNTRACK: ProgramArray<1> = ProgramArray::new();

/// [`crate::conntrack`] for TC, where the daemon has put it.
#[btf_map]
pub static TC_CONNTRACK: ProgramArray<1> = ProgramArray::new();
