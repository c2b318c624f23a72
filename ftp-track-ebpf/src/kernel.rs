//! Functions of the kernel's conntrack, called by placeholders (see [`ftp_track_common::kfunc`]).
//!
//! The verifier checks what matters: that an entry is not used without a look at null, nor after it
//! was given back, and that none is kept.

use core::{
    ffi::c_void,
    mem::{size_of, transmute},
};

use ftp_track_common::{
    address::Address,
    kfunc::{Field, Kfunc},
};

use crate::{opaque::bounded, packet::TCP};

/// An entry in conntrack's table.
#[repr(C)]
pub struct Entry {
    opaque: [u8; 0],
}

/// An entry that is not in the table yet.
#[repr(C)]
pub struct NewEntry {
    opaque: [u8; 0],
}

/// What the functions for one type of program are called with.
pub struct Caller {
    /// The program's context.
    pub context: *mut c_void,
    /// Finds an entry.
    pub lookup: Kfunc,
    /// Makes one.
    pub alloc: Kfunc,
}

/// `struct bpf_ct_opts` (net/netfilter/nf_conntrack_bpf.c) in the form that it has since Linux 6.10
/// (ece4b2969041). The form before ends with two zeros behind the direction; newer kernels take it,
/// for the default zone.
#[repr(C)]
struct Options {
    /// -1: the network namespace of the device.
    netns: i32,
    error: i32,
    protocol: u8,
    direction: u8,
    zone: u16,
    /// 0: the zone holds for both directions.
    zone_direction: u8,
    reserved: [u8; 3],
}

/// Bytes of [`Options`] before Linux 6.10.
const WITHOUT_ZONE: u32 = 12;

impl Options {
    #[inline(always)]
    fn tcp(zone: u16) -> Self {
        Self {
            netns: -1,
            error: 0,
            protocol: TCP,
            direction: 0,
            zone,
            zone_direction: 0,
            reserved: [0; 3],
        }
    }

    /// How much of it counts: no more than older kernels know, where nothing more is needed.
    #[inline(always)]
    fn length(&self) -> u32 {
        const { assert!(size_of::<Self>() == 16) };
        let length = if self.zone == 0 {
            WITHOUT_ZONE
        } else {
            size_of::<Self>() as u32
        };
        bounded::<16>(length)
    }
}

/// `struct bpf_sock_tuple` (uapi/linux/bpf.h): both addresses, and both ports. Its length tells
/// which family it is. Beside it the zone that it is meant in.
pub struct SockTuple {
    words: [u32; ROOM / 4],
    length: u32,
    zone: u16,
}

/// Room for the longer form, of 36 bytes, as the verifier is told it: a power of two.
const ROOM: usize = 64;

impl SockTuple {
    /// Ports in host byte order.
    #[inline(always)]
    pub fn new(
        source: &Address,
        destination: &Address,
        source_port: u16,
        destination_port: u16,
        zone: u32,
    ) -> Self {
        let zone = zone as u16;
        let [a, b, c, d] = *source.words();
        let [e, f, g, h] = *destination.words();
        let ports = u32::from(source_port.to_be()) | u32::from(destination_port.to_be()) << 16;
        #[cfg(target_endian = "big")]
        let ports = ports.rotate_left(16);
        if source.is_v4() {
            Self {
                words: [d, h, ports, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                length: 12,
                zone,
            }
        } else {
            Self {
                words: [a, b, c, d, e, f, g, h, ports, 0, 0, 0, 0, 0, 0, 0],
                length: 36,
                zone,
            }
        }
    }
}

/// `bpf_xdp_ct_lookup`, `bpf_xdp_ct_alloc` and their like.
type Find<T> = extern "C" fn(*mut c_void, *const u32, u32, *mut Options, u32) -> *mut T;

macro_rules! kernel_function {
    ($function:expr, $type:ty) => {{
        // SAFETY: the number is that of a function with this signature once it is linked; it is
        // called, and not looked at.
        let function: $type = unsafe { transmute($function.placeholder() as usize) };
        function
    }};
}

/// The entry of a connection, in either direction; null if there is none. It has to be released.
#[inline(always)]
pub fn lookup(caller: &Caller, tuple: &SockTuple) -> *mut Entry {
    let lookup = kernel_function!(caller.lookup, Find<Entry>);
    find(lookup, caller, tuple)
}

/// A new entry; null if there is no room. It has to be inserted.
#[inline(always)]
pub fn alloc(caller: &Caller, tuple: &SockTuple) -> *mut NewEntry {
    let alloc = kernel_function!(caller.alloc, Find<NewEntry>);
    find(alloc, caller, tuple)
}

#[inline(always)]
fn find<T>(function: Find<T>, caller: &Caller, tuple: &SockTuple) -> *mut T {
    let mut options = Options::tcp(tuple.zone);
    let length = options.length();
    function(
        caller.context,
        tuple.words.as_ptr(),
        bounded::<{ ROOM as u32 }>(tuple.length),
        &raw mut options,
        length,
    )
}

/// Puts the entry into the table; null if one is there already. What it gives has to be released.
#[inline(always)]
pub fn insert(entry: *mut NewEntry) -> *mut Entry {
    kernel_function!(Kfunc::Insert, extern "C" fn(*mut NewEntry) -> *mut Entry)(entry)
}

/// Gives an entry back.
#[inline(always)]
pub fn release(entry: *mut Entry) {
    kernel_function!(Kfunc::Release, extern "C" fn(*mut Entry))(entry);
}

/// How long a new entry lives unless conntrack sees a packet of it.
#[inline(always)]
pub fn set_timeout(entry: *mut NewEntry, milliseconds: u32) {
    kernel_function!(Kfunc::SetTimeout, extern "C" fn(*mut NewEntry, u32))(entry, milliseconds);
}

/// Sets a new entry's status bits.
#[inline(always)]
pub fn set_status(entry: *mut NewEntry, bits: u32) {
    kernel_function!(Kfunc::SetStatus, extern "C" fn(*mut NewEntry, u32) -> i32)(entry, bits);
}

/// Ends an entry now: the next look-up removes it.
#[inline(always)]
pub fn expire(entry: *mut Entry) {
    kernel_function!(Kfunc::ChangeTimeout, extern "C" fn(*mut Entry, u32) -> i32)(entry, 0);
}

/// The entry's mark.
#[inline(always)]
pub fn mark(entry: *mut Entry) -> u32 {
    read_word::<{ Field::Mark.placeholder() }>(entry)
}

/// The entry's status bits.
#[inline(always)]
pub fn status(entry: *mut Entry) -> u32 {
    read_word::<{ Field::Status.placeholder() }>(entry)
}

/// The state of the entry's TCP connection.
#[inline(always)]
pub fn tcp_state(entry: *mut Entry) -> u8 {
    let state: u64;
    #[cfg(target_arch = "bpf")]
    // SAFETY: the verifier checks what is read.
    unsafe {
        core::arch::asm!(
            "{state} = *(u8 *)({entry} + {field})",
            state = out(reg) state,
            entry = in(reg) entry,
            field = const Field::TcpState.placeholder(),
        );
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        let _ = entry;
        state = 0;
    }
    state as u8
}

/// Sets a new entry's mark.
#[inline(always)]
pub fn set_mark(entry: *mut NewEntry, mark: u32) {
    #[cfg(target_arch = "bpf")]
    // SAFETY: the verifier checks what is written.
    unsafe {
        core::arch::asm!(
            "*(u32 *)({entry} + {field}) = {mark}",
            entry = in(reg) entry,
            mark = in(reg) u64::from(mark),
            field = const Field::Mark.placeholder(),
        );
    }
    #[cfg(not(target_arch = "bpf"))]
    let _ = (entry, mark);
}

#[inline(always)]
fn read_word<const FIELD: i16>(entry: *mut Entry) -> u32 {
    let word: u64;
    #[cfg(target_arch = "bpf")]
    // SAFETY: the verifier checks what is read.
    unsafe {
        core::arch::asm!(
            "{word} = *(u32 *)({entry} + {field})",
            word = out(reg) word,
            entry = in(reg) entry,
            field = const FIELD,
        );
    }
    #[cfg(not(target_arch = "bpf"))]
    {
        let _ = (entry, FIELD);
        word = 0;
    }
    word as u32
}
