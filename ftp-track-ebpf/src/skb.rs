//! A packet at the TC hooks and in socket filters.
//!
//! Up to 64 KiB long there, of which as little as the headers may lie in one piece (GRO, GSO): all
//! of it is read through the helper that finds its pieces.

use aya_ebpf::{
    EbpfContext as _,
    bindings::{__sk_buff, bpf_fib_lookup},
    helpers::generated,
    programs::{SkBuffContext, TcContext},
};

use crate::{frame::Frame, piece::Piece};

/// A packet in the kernel's socket buffer.
#[derive(Clone, Copy)]
pub struct SkbFrame(*mut __sk_buff);

impl SkbFrame {
    /// The packet of `context`.
    #[inline(always)]
    pub fn new(context: &TcContext) -> Self {
        Self(context.as_ptr().cast())
    }

    /// The packet that a socket filter is asked about.
    #[inline(always)]
    pub fn of(context: &SkBuffContext) -> Self {
        Self(context.as_ptr().cast())
    }

    /// The mark that it bears.
    #[inline(always)]
    pub fn mark(self) -> u32 {
        // SAFETY: the context is valid while the program runs.
        unsafe { (*self.0).mark }
    }

    /// Gives it another mark.
    #[inline(always)]
    pub fn set_mark(self, mark: u32) {
        // SAFETY: the context is valid while the program runs, and programs at TC may write this.
        unsafe { (*self.0).mark = mark };
    }

    /// What the kernel handed over.
    #[inline(always)]
    pub fn context(self) -> *mut __sk_buff {
        self.0
    }

    /// Index of the interface it came in by: the one on top, after bridge, bond and VLAN; 0 when
    /// it was made on this machine.
    #[inline(always)]
    pub fn came_by(self) -> u32 {
        // SAFETY: the context is valid while the program runs.
        unsafe { (*self.0).ingress_ifindex }
    }
}

impl Frame for SkbFrame {
    const MAY_BE_LAYER3: bool = true;

    #[inline(always)]
    fn piece(self) -> Piece {
        // SAFETY: the context is valid while the program runs.
        unsafe { Piece::new((*self.0).data as usize, (*self.0).data_end as usize) }
    }

    #[inline(always)]
    fn read<T: Copy>(self, offset: usize) -> Option<T> {
        self.copy(offset)
    }

    #[inline(always)]
    unsafe fn load(self, offset: u32, to: *mut u8, length: u32) -> bool {
        // SAFETY: the caller gives `length` writable bytes; the kernel checks the packet's side.
        unsafe { generated::bpf_skb_load_bytes(self.0.cast(), offset, to.cast(), length) == 0 }
    }

    #[inline(always)]
    fn interface(self) -> u32 {
        // SAFETY: the context is valid while the program runs.
        unsafe { (*self.0).ifindex }
    }

    #[inline(always)]
    fn is_merged(self) -> bool {
        // SAFETY: the context is valid while the program runs.
        unsafe { (*self.0).gso_size != 0 }
    }

    #[inline(always)]
    fn route(self, question: &mut bpf_fib_lookup, flags: u32) -> i64 {
        let size = size_of::<bpf_fib_lookup>() as i32;
        // SAFETY: the context is valid while the program runs, and the question has its size.
        unsafe { generated::bpf_fib_lookup(self.0.cast(), question, size, flags) }
    }

    #[inline(always)]
    fn noise(self) -> u64 {
        // SAFETY: the context is valid while the program runs.
        unsafe { (*self.0).len as u64 }
    }
}
