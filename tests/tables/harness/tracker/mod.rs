//! The programs in the kernel, run by hand with `BPF_PROG_TEST_RUN`.

mod loading;
mod run;
mod settings;

use aya::{
    Ebpf, EbpfLoader,
    maps::{Array, MapData, ProgramArray, RingBuf},
};
use ftp_track::kernel;
use ftp_track_common::{
    attempt::{Attempts, HostPair},
    client::ClientKey,
    config::{Config, Mode},
    event::Event,
    expectation::Expectation,
    handshake::Handshake,
    history::History,
    interface::{INGRESS, Interface},
    layout::{self, ClientEntry, SessionEntry},
    reason::Reason,
    rule::Rule,
    tuple::{ExpectationKey, SessionKey},
};

#[allow(unused_imports, reason = "the benchmark uses less of it")]
pub use self::{
    loading::{is_linked_by_hand, load, load_conntrack},
    run::Verdict,
    settings::{ALLOWED_PORT, CONTROL_PORTS, OTHER_ALLOWED_PORT, open},
};
use super::{
    flows::Flows,
    map::{Counts, LOCKED, Table, take},
    namespace::{self, LAN, WAN},
};

/// Few, so that it takes no time to clear them.
const SEATS: u32 = 1024;
/// "No opinion": the next program decides.
pub(super) const TC_ACT_UNSPEC: u32 = u32::MAX;
pub(super) const TC_ACT_SHOT: u32 = 2;

const fn size<T>() -> usize {
    size_of::<T>()
}

type Sessions =
    Table<SessionKey, SessionEntry, { size::<SessionKey>() }, { size::<SessionEntry>() }>;
type Clients = Table<ClientKey, ClientEntry, { size::<ClientKey>() }, { size::<ClientEntry>() }>;
type Handshakes = Table<SessionKey, Handshake, { size::<SessionKey>() }, { size::<Handshake>() }>;
type Barred = Table<SessionKey, u64, { size::<SessionKey>() }, { size::<u64>() }>;
type Expectations =
    Table<ExpectationKey, Expectation, { size::<ExpectationKey>() }, { size::<Expectation>() }>;
type Histories = Table<SessionKey, History, { size::<SessionKey>() }, { size::<History>() }>;
type HostPairs = Table<HostPair, Attempts, { size::<HostPair>() }, { size::<Attempts>() }>;

/// The program that is given the frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// The one at XDP.
    Xdp,
    /// The one at TC ingress.
    Tc,
}

impl Door {
    /// Both: one engine is behind them, so their results are the same.
    pub const ALL: [Door; 2] = [Door::Xdp, Door::Tc];
}

/// The programs and their maps, loaded for one test.
pub struct Tracker {
    /// The program that is given the frames.
    pub door: Door,
    interfaces: Array<MapData, [u8; size::<Interface>()]>,
    ebpf: Ebpf,
    settings: Array<MapData, [u8; size::<Config>()]>,
    rules: Array<MapData, [u8; size::<Rule>()]>,
    counters: Counts,
    lost: Counts,
    events: RingBuf<MapData>,
    /// Control connections, read under their locks.
    pub sessions: Sessions,
    /// What each client has in the others.
    pub clients: Clients,
    /// Handshakes that are not complete.
    pub handshakes: Handshakes,
    /// Control connections that are not picked up.
    pub barred: Barred,
    /// Announced data connections.
    pub expectations: Expectations,
    /// Admitted data connections.
    pub flows: Flows,
    /// What control connections said last.
    pub histories: Histories,
    /// New connections between hosts that have a control connection.
    pub attempts: HostPairs,
}

impl Tracker {
    /// Loads the programs; `capacities` are names of maps and how many entries they get (for the
    /// ring buffer: bytes).
    pub fn load_with(capacities: &[(&str, u32)]) -> Self {
        namespace::enter();
        let mut loader = EbpfLoader::new();
        for (name, capacity) in capacities {
            loader.map_max_entries(name, *capacity);
        }
        let flows = capacities.iter().find(|(name, _)| *name == layout::FLOWS);
        let seats = flows.map_or(SEATS, |(_, flows)| *flows);
        loader.map_max_entries(layout::SEATS, seats);
        loader.override_global(layout::SEAT_COUNT, &seats, true);
        let mut ebpf = loader.load(kernel::OBJECT).expect("the maps can be made");
        loading::load_programs(&mut ebpf);
        let ports = take(&mut ebpf, layout::PORTS);
        settings::set_ports(Array::try_from(ports).expect("an array"));
        let settings = take(&mut ebpf, layout::SETTINGS);
        let rules = take(&mut ebpf, layout::RULES);
        let interfaces = take(&mut ebpf, layout::INTERFACES);
        let events = take(&mut ebpf, layout::EVENTS);
        Self {
            door: Door::Xdp,
            interfaces: Array::try_from(interfaces).expect("an array"),
            settings: Array::try_from(settings).expect("an array"),
            rules: Array::try_from(rules).expect("an array"),
            counters: Counts::take(&mut ebpf, layout::COUNTERS),
            lost: Counts::take(&mut ebpf, layout::LOST_EVENTS),
            events: RingBuf::try_from(events).expect("a ring buffer"),
            sessions: Table::take(&mut ebpf, layout::SESSIONS, LOCKED),
            clients: Table::take(&mut ebpf, layout::CLIENTS, LOCKED),
            handshakes: Table::take(&mut ebpf, layout::HANDSHAKES, 0),
            barred: Table::take(&mut ebpf, layout::BARRED, 0),
            expectations: Table::take(&mut ebpf, layout::EXPECTATIONS, 0),
            flows: Flows::take(&mut ebpf),
            histories: Table::take(&mut ebpf, layout::HISTORIES, 0),
            attempts: Table::take(&mut ebpf, layout::ATTEMPTS, 0),
            ebpf,
        }
    }

    /// Forgets everything; both interfaces are in `mode`, and frames come by XDP.
    pub fn reset(&mut self, mode: Mode) {
        self.sessions.clear();
        self.handshakes.clear();
        self.barred.clear();
        self.expectations.clear();
        self.flows.clear();
        self.histories.clear();
        self.attempts.clear();
        self.clients.clear();
        self.counters.clear();
        self.lost.clear();
        self.events();
        self.configure(&[open()]);
        self.door = Door::Xdp;
        for index in [LAN, WAN] {
            self.set_interface(mode, index, INGRESS);
        }
    }

    /// Takes the programs away that make conntrack entries.
    pub fn remove_conntrack(&mut self) {
        for name in [layout::XDP_CONNTRACK, layout::TC_CONNTRACK] {
            let map = self.ebpf.map_mut(name).expect("the array");
            let mut programs = ProgramArray::try_from(map).expect("an array of programs");
            programs.clear_index(&0).expect("there is one");
        }
    }

    /// The reasons that were counted, by number.
    pub fn counts(&self) -> Vec<(Reason, u64)> {
        let counted = |&reason: &Reason| (reason, self.counters.get(reason.slot()));
        let counts = Reason::ALL.iter().map(counted);
        counts.filter(|(_, count)| *count != 0).collect()
    }

    /// How often `reason` was counted.
    pub fn count(&self, reason: Reason) -> u64 {
        self.counters.get(reason.slot())
    }

    /// Events that found the ring buffer full.
    pub fn lost(&self) -> u64 {
        self.lost.get(0)
    }

    /// The events since the last call.
    pub fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(item) = self.events.next() {
            events.push(bytemuck::pod_read_unaligned(&item));
        }
        events
    }
}
