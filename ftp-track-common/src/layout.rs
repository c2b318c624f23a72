//! What makes pinned maps readable by another build: names, sizes and the version of all layouts.

/// Changes whenever a shared structure, a map or the meaning of a field changes. It is part of the
/// pin directory's name, so that a build never reads another build's maps by mistake.
pub const VERSION: u32 = 4;

/// Map of control connections.
pub const SESSIONS: &str = "SESSIONS";
/// Map of handshakes of control connections that are not complete.
pub const HANDSHAKES: &str = "HANDSHAKES";
/// Map of control connections that are not picked up in their middle: when it was forbidden,
/// monotonic clock, nanoseconds.
pub const BARRED: &str = "BARRED";
/// Map of expected data connections.
pub const EXPECTATIONS: &str = "EXPECTATIONS";
/// Map of admitted data connections.
pub const FLOWS: &str = "FLOWS";
/// Array of [`crate::seat::Seat`], one for each entry that [`FLOWS`] has room for.
pub const SEATS: &str = "SEATS";
/// Global variable of the programs, `u32`: how many entries [`SEATS`] has.
pub const SEAT_COUNT: &str = "SEAT_COUNT";
/// Map of what control connections said last: [`crate::history::History`].
pub const HISTORIES: &str = "HISTORIES";
/// Map of new connections between two hosts: [`crate::attempt::Attempts`].
pub const ATTEMPTS: &str = "ATTEMPTS";
/// Map of segments beyond a gap: [`crate::kept::KeptBytes`]. Not pinned: a daemon that takes over
/// begins with none.
pub const KEPT: &str = "KEPT";
/// Map of what each client has in the others.
pub const CLIENTS: &str = "CLIENTS";
/// Array of one: the timer by which the kernel cleans up.
pub const JANITOR: &str = "JANITOR";
/// Array of one: [`crate::config::Config`].
pub const SETTINGS: &str = "SETTINGS";
/// Array of [`crate::rule::Rule`]: two policies, one of them in force.
pub const RULES: &str = "RULES";
/// Array of [`crate::config::PortSet`].
pub const PORTS: &str = "PORTS";
/// Array of [`crate::interface::Interface`], each in the slot that its index gives.
pub const INTERFACES: &str = "INTERFACES";
/// Per-CPU array of `u64`, one slot for each [`crate::reason::Reason`].
pub const COUNTERS: &str = "COUNTERS";
/// Ring buffer of [`crate::event::Event`].
pub const EVENTS: &str = "EVENTS";
/// Per-CPU array of one `u64`: events that found the ring buffer full.
pub const LOST_EVENTS: &str = "LOST_EVENTS";
/// Per-CPU array of one `u64`: control connections numbered so far. It is pinned because numbers
/// must not come again while sessions live that have them.
pub const NUMBERS: &str = "NUMBERS";

/// Array of programs: the maker of conntrack entries, by tail call from the XDP program.
pub const XDP_CONNTRACK: &str = "XDP_CONNTRACK";
/// The same for TC: an array holds programs of one type.
pub const TC_CONNTRACK: &str = "TC_CONNTRACK";

/// The maps that are pinned: what another daemon takes over, and other processes read. An array of
/// programs that nobody holds is emptied by the kernel.
pub const PINNED: &[&str] = &[
    SESSIONS,
    HANDSHAKES,
    BARRED,
    EXPECTATIONS,
    FLOWS,
    SEATS,
    HISTORIES,
    ATTEMPTS,
    CLIENTS,
    JANITOR,
    SETTINGS,
    RULES,
    PORTS,
    INTERFACES,
    COUNTERS,
    EVENTS,
    LOST_EVENTS,
    NUMBERS,
    XDP_CONNTRACK,
    TC_CONNTRACK,
];

/// Most control connections at once.
pub const MAX_SESSIONS: usize = 65_536;
/// Most handshakes that are remembered; the oldest is forgotten first.
pub const MAX_HANDSHAKES: usize = 16_384;
/// Most connections that are barred from being picked up; the oldest is forgotten first. A flood of
/// SYNs does not push one out: each takes a whole handshake, and the time that an ended session is kept.
pub const MAX_BARRED: usize = 16_384;
/// Most expectations at once: two for each session, one that waits for a connection and one for the
/// server's answer.
pub const MAX_EXPECTATIONS: usize = 2 * MAX_SESSIONS;
/// Most data connections at once.
pub const MAX_FLOWS: usize = 131_072;
/// Control connections whose history is kept; the one that was not looked at for longest goes first.
pub const MAX_HISTORIES: usize = 16_384;
/// Pairs of hosts whose new connections are kept; likewise.
pub const MAX_ATTEMPTS: usize = 8_192;
/// Directions of control connections of which something is kept beyond a gap; the oldest is
/// forgotten first.
pub const MAX_KEPT: usize = 4_096;
/// Most clients that are counted at once.
pub const MAX_CLIENTS: usize = 131_072;
/// Size of the ring buffer in bytes.
pub const EVENT_BYTES: usize = 1 << 20;

/// Kernel's `struct bpf_spin_lock`; found by this name in the map value's BTF.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[allow(non_camel_case_types, reason = "the kernel looks for this name")]
pub struct bpf_spin_lock {
    val: u32,
}

/// Kernel's `struct bpf_timer`; found by this name in the map value's BTF.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[allow(non_camel_case_types, reason = "the kernel looks for this name")]
pub struct bpf_timer {
    opaque: [u64; 2],
}

/// Value of [`JANITOR`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Janitor {
    /// The timer; user space reads it as zero.
    pub timer: bpf_timer,
    /// Which map is next.
    pub turn: u64,
}

/// Value of [`CLIENTS`]: the counts behind the lock that guards them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ClientEntry {
    /// The lock; user space reads it as zero.
    pub lock: bpf_spin_lock,
    /// The counts.
    pub client: crate::client::Client,
}

/// Value of [`SESSIONS`]: the session behind the lock that guards it. Reading it from user space
/// with `BPF_F_LOCK` gives a copy that is not torn.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SessionEntry {
    /// The lock; user space reads it as zero.
    pub lock: bpf_spin_lock,
    /// Reserved, zero.
    pub reserved: u32,
    /// The session.
    pub session: crate::session::Session,
}
