//! The programs in the kernel, run by hand with `BPF_PROG_TEST_RUN`.

use aya::{
    Ebpf, EbpfLoader, TestRun, TestRunOptions,
    maps::{Array, MapData, RingBuf},
    programs::Xdp,
};
use ftp_track::kernel;
use ftp_track_common::{
    attempt::{Attempts, HostPair},
    config::{Config, PORT_SETS, PortSet},
    event::Event,
    expectation::Expectation,
    flow::Flow,
    handshake::Handshake,
    history::History,
    layout::{self, SessionEntry},
    reason::Reason,
    tuple::{ExpectationKey, FlowKey, SessionKey},
};

use super::{
    map::{Counts, LOCKED, Table, take},
    namespace,
};

/// Ports on which control connections arrive.
pub const CONTROL_PORTS: [u16; 2] = [21, 2121];
/// A port to which new connections are allowed.
pub const ALLOWED_PORT: u16 = 8443;

const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;

const fn size<T>() -> usize {
    size_of::<T>()
}

type Sessions =
    Table<SessionKey, SessionEntry, { size::<SessionKey>() }, { size::<SessionEntry>() }>;
type Handshakes = Table<SessionKey, Handshake, { size::<SessionKey>() }, { size::<Handshake>() }>;
type Expectations =
    Table<ExpectationKey, Expectation, { size::<ExpectationKey>() }, { size::<Expectation>() }>;
type Histories = Table<SessionKey, History, { size::<SessionKey>() }, { size::<History>() }>;
type HostPairs = Table<HostPair, Attempts, { size::<HostPair>() }, { size::<Attempts>() }>;
type Flows = Table<FlowKey, Flow, { size::<FlowKey>() }, { size::<Flow>() }>;

/// What the program says of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes its way.
    Pass,
    /// It is dropped.
    Drop,
}

/// The programs and their maps, loaded for one test.
pub struct Tracker {
    ebpf: Ebpf,
    settings: Array<MapData, [u8; size::<Config>()]>,
    counters: Counts,
    lost: Counts,
    events: RingBuf<MapData>,
    /// Control connections, read under their locks.
    pub sessions: Sessions,
    /// Handshakes that are not complete.
    pub handshakes: Handshakes,
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
        let mut ebpf = loader.load(kernel::OBJECT).expect("the maps can be made");
        load_program(&mut ebpf);
        let ports = take(&mut ebpf, layout::PORTS);
        set_ports(Array::try_from(ports).expect("an array"));
        let settings = take(&mut ebpf, layout::SETTINGS);
        let events = take(&mut ebpf, layout::EVENTS);
        Self {
            settings: Array::try_from(settings).expect("an array"),
            counters: Counts::take(&mut ebpf, layout::COUNTERS),
            lost: Counts::take(&mut ebpf, layout::LOST_EVENTS),
            events: RingBuf::try_from(events).expect("a ring buffer"),
            sessions: Table::take(&mut ebpf, layout::SESSIONS, LOCKED),
            handshakes: Table::take(&mut ebpf, layout::HANDSHAKES, 0),
            expectations: Table::take(&mut ebpf, layout::EXPECTATIONS, 0),
            flows: Table::take(&mut ebpf, layout::FLOWS, 0),
            histories: Table::take(&mut ebpf, layout::HISTORIES, 0),
            attempts: Table::take(&mut ebpf, layout::ATTEMPTS, 0),
            ebpf,
        }
    }

    /// Forgets everything, and puts `config` in force.
    pub fn reset(&mut self, config: &Config) {
        self.sessions.clear();
        self.handshakes.clear();
        self.expectations.clear();
        self.flows.clear();
        self.histories.clear();
        self.attempts.clear();
        self.counters.clear();
        self.lost.clear();
        self.events();
        self.configure(config);
    }

    /// Puts `config` in force.
    pub fn configure(&mut self, config: &Config) {
        let value: [u8; size::<Config>()] = bytemuck::cast(*config);
        self.settings.set(0, value, 0).expect("index 0");
    }

    /// Gives the program a frame that comes in by `interface`.
    pub fn run(&self, frame: &[u8], interface: u32) -> Verdict {
        // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index,
        // egress_ifindex.
        let context = [0, frame.len() as u32, 0, interface, 0, 0];
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ..TestRunOptions::default()
        };
        let result = self.program().test_run(options).unwrap_or_else(|error| {
            panic!(
                "{} bytes from interface {interface}: {error:?}",
                frame.len()
            )
        });
        match result.return_value {
            XDP_DROP => Verdict::Drop,
            XDP_PASS => Verdict::Pass,
            other => panic!("verdict {other}"),
        }
    }

    /// The program, for what the kernel says of it.
    pub fn program(&self) -> &Xdp {
        let program = self.ebpf.program(kernel::XDP_PROGRAM).expect("the program");
        program.try_into().expect("an XDP program")
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

/// Has the kernel verify the program and keep it.
fn load_program(ebpf: &mut Ebpf) {
    let program = ebpf.program_mut(kernel::XDP_PROGRAM).expect("the program");
    let program: &mut Xdp = program.try_into().expect("an XDP program");
    if let Err(error) = program.load() {
        panic!("{error}");
    }
}

fn set_ports(mut ports: Array<MapData, [u8; size::<PortSet>()]>) {
    for index in 0..PORT_SETS {
        let mut set = PortSet::default();
        for port in CONTROL_PORTS {
            if PortSet::index(port) == index {
                set.control |= PortSet::bit(port);
            }
        }
        if PortSet::index(ALLOWED_PORT) == index {
            set.allowed |= PortSet::bit(ALLOWED_PORT);
        }
        let value: [u8; size::<PortSet>()] = bytemuck::cast(set);
        ports
            .set(index, value, 0)
            .expect("an index below the capacity");
    }
}
