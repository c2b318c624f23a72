//! The programs in the kernel, run by hand with `BPF_PROG_TEST_RUN`.

use aya::{
    Ebpf, EbpfLoader, TestRun, TestRunOptions,
    maps::{Array, MapData, ProgramArray, RingBuf},
    programs::{Program, ProgramError, SchedClassifier, SocketFilter, Xdp},
};
use ftp_track::{
    conntrack::{self, Kind, Symbols},
    kernel,
};
use ftp_track_common::{
    attempt::{Attempts, HostPair},
    client::ClientKey,
    config::{Config, Mode, PORT_SETS, PORT_SLOTS, PortSet},
    event::Event,
    expectation::Expectation,
    handshake::Handshake,
    history::History,
    interface::{INGRESS, Interface, SLOTS},
    layout::{self, ClientEntry, SessionEntry},
    policy,
    reason::Reason,
    rule::Rule,
    tuple::{ExpectationKey, SessionKey},
};

use super::{
    flows::Flows,
    frame,
    map::{Counts, LOCKED, Table, take},
    namespace::{self, LAN, WAN},
    skb::Skb,
};

/// Ports on which control connections arrive.
pub const CONTROL_PORTS: [u16; 2] = [21, 2121];
/// A port to which new connections are allowed by the second list alone.
pub const OTHER_ALLOWED_PORT: u16 = 9443;
/// A port to which new connections are allowed by the first list, that of every interface.
pub const ALLOWED_PORT: u16 = 8443;

/// Few, so that it takes no time to clear them.
const SEATS: u32 = 1024;
const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;
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
type Expectations =
    Table<ExpectationKey, Expectation, { size::<ExpectationKey>() }, { size::<Expectation>() }>;
type Histories = Table<SessionKey, History, { size::<SessionKey>() }, { size::<History>() }>;
type HostPairs = Table<HostPair, Attempts, { size::<HostPair>() }, { size::<Attempts>() }>;

/// What the program says of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes its way.
    Pass,
    /// It is dropped.
    Drop,
}

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
        load_programs(&mut ebpf);
        let ports = take(&mut ebpf, layout::PORTS);
        set_ports(Array::try_from(ports).expect("an array"));
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

    /// Tells the programs about an interface.
    pub fn set_interface(&mut self, mode: Mode, index: u32, flags: u8) {
        let mut slot = Interface::new(index, mode);
        slot.flags = flags;
        self.set_slot(&slot);
    }

    /// Sets flags of an interface.
    pub fn add_flags(&mut self, index: u32, flags: u8) {
        let mut slot = self.slot(index);
        slot.flags |= flags;
        self.set_slot(&slot);
    }

    /// What the programs know of an interface.
    pub fn slot(&self, index: u32) -> Interface {
        let value = self.interfaces.get(&(index % SLOTS), 0).expect("a place");
        bytemuck::cast(value)
    }

    /// Writes the slot of an interface.
    pub fn set_slot(&mut self, slot: &Interface) {
        self.place(slot.index, slot);
    }

    /// Writes a slot where that of the interface `index` is.
    pub fn place(&mut self, index: u32, slot: &Interface) {
        let value: [u8; size::<Interface>()] = bytemuck::cast(*slot);
        self.interfaces
            .set(index % SLOTS, value, 0)
            .expect("a place");
    }

    /// Puts these rules in force, as a policy of their own.
    pub fn configure(&mut self, rules: &[Rule]) {
        let before: Config = bytemuck::cast(self.settings.get(&0, 0).expect("index 0"));
        let generation = policy::next_generation(before.generation);
        for (place, rule) in (0..).zip(rules) {
            let value: [u8; size::<Rule>()] = bytemuck::cast(*rule);
            let slot = policy::slot(generation, place);
            self.rules.set(slot, value, 0).expect("a slot");
        }
        let config = Config {
            generation,
            rules: rules.len() as u32,
            third_hosts: rules.iter().any(Rule::has_third_hosts).into(),
        };
        let value: [u8; size::<Config>()] = bytemuck::cast(config);
        self.settings.set(0, value, 0).expect("index 0");
    }

    /// The generation of the policy in force.
    pub fn generation(&self) -> u32 {
        let config: Config = bytemuck::cast(self.settings.get(&0, 0).expect("index 0"));
        config.generation
    }

    /// Gives the program a frame that comes in by `interface`.
    pub fn run(&self, frame: &[u8], interface: u32) -> Verdict {
        match self.door {
            Door::Xdp => self.run_xdp(frame, interface),
            Door::Tc => self.run_ingress(frame, Skb::incoming(interface)),
        }
    }

    /// Gives the program at TC ingress a packet.
    pub fn run_ingress(&self, frame: &[u8], skb: Skb) -> Verdict {
        let program = self.classifier(kernel::TC_INGRESS_PROGRAM);
        skb.run(program, frame).0
    }

    /// Gives the program at TC ingress a packet: its action, and what it made of the frame.
    pub fn redirect(&self, frame: &[u8], skb: Skb) -> (u32, Vec<u8>) {
        skb.forward(self.classifier(kernel::TC_INGRESS_PROGRAM), frame)
    }

    /// The mark that a packet bears after the program at TC ingress.
    pub fn mark(&self, frame: &[u8], skb: Skb) -> u32 {
        let program = self.classifier(kernel::TC_INGRESS_PROGRAM);
        skb.run(program, frame).1
    }

    /// What the socket filter says of an IP packet.
    pub fn is_related(&self, packet: &[u8]) -> bool {
        self.is_related_at(packet, Skb::default())
    }

    /// As [`Tracker::is_related`], of a packet at some interface.
    pub fn is_related_at(&self, packet: &[u8], skb: Skb) -> bool {
        let context = skb.context();
        let program = self.ebpf.program(kernel::RELATED_PROGRAM);
        let program: &SocketFilter = program
            .expect("the program")
            .try_into()
            .expect("a socket filter");
        // The kernel takes an Ethernet header off before it runs a socket filter by hand.
        let frame = frame::ethernet(
            packet.first().map_or(0, |first| match first >> 4 {
                6 => frame::IPV6,
                _ => frame::IPV4,
            }),
            packet,
        );
        let options = TestRunOptions {
            data_in: Some(&frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ..TestRunOptions::default()
        };
        let result = program.test_run(options).expect("a run");
        result.return_value != 0
    }

    /// Gives the program at TC egress a packet that leaves by `skb.interface`.
    pub fn run_egress(&self, frame: &[u8], skb: Skb) -> Verdict {
        let program = self.classifier(kernel::TC_EGRESS_PROGRAM);
        skb.run(program, frame).0
    }

    fn run_xdp(&self, frame: &[u8], interface: u32) -> Verdict {
        self.run_pieces(frame, frame.len(), interface)
            .unwrap_or_else(|error| {
                panic!(
                    "{} bytes from interface {interface}: {error:?}",
                    frame.len()
                )
            })
    }

    /// Gives the program at XDP a frame of which `first` bytes lie in the first piece. Kernels
    /// before 6.18 refuse that.
    pub fn run_pieces(
        &self,
        frame: &[u8],
        first: usize,
        interface: u32,
    ) -> Result<Verdict, ProgramError> {
        let context = context(first, interface);
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(bytemuck::cast_slice(&context)),
            ..TestRunOptions::default()
        };
        let result = self.program().test_run(options)?;
        match result.return_value {
            XDP_DROP => Ok(Verdict::Drop),
            XDP_PASS => Ok(Verdict::Pass),
            other => panic!("verdict {other}"),
        }
    }

    /// Gives the program at XDP a frame: its action, and what it made of the frame.
    pub fn forward(&self, frame: &[u8], interface: u32) -> (u32, Vec<u8>) {
        let context = context(frame.len(), interface);
        frame::forward(|options| self.program().test_run(options), &context, frame)
    }

    /// The program at XDP.
    pub fn program(&self) -> &Xdp {
        let program = self.ebpf.program(kernel::XDP_PROGRAM).expect("the program");
        program.try_into().expect("an XDP program")
    }

    /// The program called `name`, at a TC hook.
    pub fn classifier(&self, name: &str) -> &SchedClassifier {
        let program = self.ebpf.program(name).expect("the program");
        program.try_into().expect("a program for TC")
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

/// What a program at XDP is told with a frame of which `first` bytes lie in the first piece: struct
/// xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex.
fn context(first: usize, interface: u32) -> [u32; 6] {
    [0, first as u32, 0, interface, 0, 0]
}

/// The rule that admits everything, for the control ports.
pub fn open() -> Rule {
    let mut rule = Rule::open();
    rule.control_ports[..2].copy_from_slice(&CONTROL_PORTS);
    rule
}

/// Has the kernel verify the programs and keep them.
fn load_programs(ebpf: &mut Ebpf) {
    for (name, program) in ebpf.programs_mut() {
        if !is_linked_by_hand(name) {
            load(program).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    for program in load_conntrack(ebpf) {
        program.put(ebpf).expect("it is of its caller's type");
    }
}

/// Whether a program cannot be loaded as it is.
pub fn is_linked_by_hand(name: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.name() == name)
}

/// Links and loads the programs that make conntrack entries.
pub fn load_conntrack(ebpf: &Ebpf) -> Vec<conntrack::Program> {
    let symbols = Symbols::find().unwrap_or_else(|error| panic!("{error}"));
    let load = |kind| conntrack::Program::load(kind, &symbols, ebpf);
    let programs = Kind::ALL.map(|kind| load(kind).unwrap_or_else(|error| panic!("{error}")));
    programs.into()
}

/// Has the kernel verify a program and keep it.
pub fn load(program: &mut Program) -> Result<(), ProgramError> {
    match program {
        Program::Xdp(program) => program.load(),
        Program::SchedClassifier(program) => program.load(),
        Program::SocketFilter(program) => program.load(),
        other => panic!("a program of type {:?}", other.prog_type()),
    }
}

fn set_ports(mut ports: Array<MapData, [u8; size::<PortSet>()]>) {
    for slot in 0..PORT_SLOTS {
        let index = slot % PORT_SETS;
        let mut set = PortSet::default();
        for port in CONTROL_PORTS {
            if PortSet::index(port) == index {
                set.control |= PortSet::bit(port);
            }
        }
        if PortSet::index(ALLOWED_PORT) == index {
            set.allowed[0] |= PortSet::bit(ALLOWED_PORT);
        }
        if PortSet::index(OTHER_ALLOWED_PORT) == index {
            set.allowed[1] |= PortSet::bit(OTHER_ALLOWED_PORT);
        }
        let value: [u8; size::<PortSet>()] = bytemuck::cast(set);
        ports
            .set(slot, value, 0)
            .expect("an index below the capacity");
    }
}
