//! The kernel's routing table (FIB), asked for the way of TCP packets from one host to another.

use aya_ebpf::bindings::{
    BPF_FIB_LKUP_RET_NO_NEIGH, BPF_FIB_LKUP_RET_NOT_FWDED, BPF_FIB_LKUP_RET_SUCCESS,
    BPF_FIB_LOOKUP_OUTPUT, bpf_fib_lookup,
};
use ftp_track_common::address::Address;

use crate::{frame::Frame, packet::TCP};

/// Linux's number of IPv4 as an address family (linux/socket.h).
pub const AF_INET: u8 = 2;
/// That of IPv6.
pub const AF_INET6: u8 = 10;

/// A question, and what the kernel wrote into it when it was asked.
///
/// Ports are left out: all packets between two hosts take one way, whatever the hashing of
/// multipath routes says.
pub struct Question(bpf_fib_lookup);

/// Whether there is a way; its numbers are `BPF_FIB_LKUP_RET_*` (linux/bpf.h).
#[derive(Clone, Copy)]
pub struct Answer(i64);

impl Question {
    /// The way of packets `from` one host `to` another that come in by `interface`.
    #[inline(always)]
    pub fn new(from: &Address, to: &Address, interface: u32) -> Self {
        let mut question = Self::empty(interface);
        if to.is_v4() {
            question.put_v4(from.words()[3], to.words()[3]);
        } else {
            question.0.family = AF_INET6;
            question.0.__bindgen_anon_3.ipv6_src = *from.words();
            question.0.__bindgen_anon_4.ipv6_dst = *to.words();
        }
        question
    }

    /// The same between two IPv4 addresses, in network byte order.
    #[inline(always)]
    pub fn v4(from: u32, to: u32, interface: u32) -> Self {
        let mut question = Self::empty(interface);
        question.put_v4(from, to);
        question
    }

    #[inline(always)]
    fn empty(interface: u32) -> Self {
        // SAFETY: a structure of integers and arrays of integers.
        let mut question: bpf_fib_lookup = unsafe { core::mem::zeroed() };
        question.l4_protocol = TCP;
        question.ifindex = interface;
        Self(question)
    }

    #[inline(always)]
    fn put_v4(&mut self, from: u32, to: u32) {
        self.0.family = AF_INET;
        self.0.__bindgen_anon_3.ipv4_src = from;
        self.0.__bindgen_anon_4.ipv4_dst = to;
    }

    /// The same for packets of `length` bytes, so that the kernel also tells the way's largest.
    #[inline(always)]
    pub fn with_length(mut self, length: u16) -> Self {
        self.0.__bindgen_anon_1.tot_len = length;
        self
    }

    /// Asks it.
    #[inline(always)]
    pub fn ask<F: Frame>(&mut self, frame: F) -> Answer {
        Answer(frame.route(&mut self.0, 0))
    }

    /// Asks for the way out by the interface instead.
    #[inline(always)]
    pub fn ask_out<F: Frame>(&mut self, frame: F) -> Answer {
        Answer(frame.route(&mut self.0, BPF_FIB_LOOKUP_OUTPUT))
    }

    /// Index of the interface by which the way goes on.
    #[inline(always)]
    pub fn interface(&self) -> u32 {
        self.0.ifindex
    }

    /// The IPv4 address that the packet goes to next: its own, or a gateway's; network byte order.
    #[inline(always)]
    pub fn next_v4(&self) -> u32 {
        // SAFETY: every member of the union is made of integers.
        unsafe { self.0.__bindgen_anon_4.ipv4_dst }
    }

    /// The address that the packet goes to next. An IPv4 route may have an IPv6 gateway (RFC 5549),
    /// and the family says so.
    #[inline(always)]
    pub fn next(&self) -> Address {
        if self.0.family == AF_INET {
            return Address::from_v4(self.next_v4().to_ne_bytes());
        }
        // SAFETY: every member of the union is made of integers.
        Address::from_words(unsafe { self.0.__bindgen_anon_4.ipv6_dst })
    }

    /// The largest packet on the way, in bytes. Without a neighbour, older kernels leave the length
    /// that was asked for (`bpf_fib_set_fwd_params`, net/core/filter.c).
    #[inline(always)]
    pub fn mtu(&self) -> u16 {
        // SAFETY: every member of the union is made of integers.
        unsafe { self.0.__bindgen_anon_1.mtu_result }
    }

    /// The link addresses from which and to which the packet goes on.
    #[inline(always)]
    pub fn links(&self) -> ([u8; 6], [u8; 6]) {
        (self.0.smac, self.0.dmac)
    }
}

impl Answer {
    /// Whether there is a way.
    #[inline(always)]
    pub fn is_way(self) -> bool {
        self.has_neighbour() || self.0 == BPF_FIB_LKUP_RET_NO_NEIGH as i64
    }

    /// Whether there is one, and the next neighbour's link address is known.
    #[inline(always)]
    pub fn has_neighbour(self) -> bool {
        self.0 == BPF_FIB_LKUP_RET_SUCCESS as i64
    }

    /// Whether no route was found. Others say more: that it is prohibited, for example.
    #[inline(always)]
    pub fn is_no_route(self) -> bool {
        self.0 == BPF_FIB_LKUP_RET_NOT_FWDED as i64
    }

    /// Its number; negative if it could not be asked.
    #[inline(always)]
    pub fn number(self) -> i64 {
        self.0
    }
}
