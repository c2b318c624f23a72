//! Access to a frame's bytes, the same for every hook.

use core::mem::MaybeUninit;

use aya_ebpf::{
    EbpfContext as _,
    bindings::{bpf_fib_lookup, xdp_md},
    helpers::generated,
    programs::XdpContext,
};

use crate::piece::Piece;

/// A frame as a hook sees it.
pub trait Frame: Copy {
    /// Whether this hook sees frames without an Ethernet header.
    const MAY_BE_LAYER3: bool;

    /// The part of it that can be read directly.
    fn piece(self) -> Piece;
    /// Reads a header at `offset`. None when the frame is shorter.
    fn read<T: Copy>(self, offset: usize) -> Option<T>;
    /// Copies `length` bytes from `offset`, wherever the frame keeps them. False when the frame is
    /// shorter.
    ///
    /// # Safety
    /// `to` must point to `length` writable bytes, and `length` must be at least 1.
    unsafe fn load(self, offset: u32, to: *mut u8, length: u32) -> bool;
    /// The same for a header that need not lie in the part that can be read directly.
    #[inline(always)]
    fn copy<T: Copy>(self, offset: usize) -> Option<T> {
        let mut value = MaybeUninit::<T>::uninit();
        let size = const { size_of::<T>() as u32 };
        // SAFETY: `value` has room for `size` bytes; every `T` used here is made of bytes, of which
        // the helper writes all or says that it failed.
        unsafe {
            self.load(offset as u32, value.as_mut_ptr().cast(), size)
                .then(|| value.assume_init())
        }
    }
    /// Index of the interface at which it is seen.
    fn interface(self) -> u32;
    /// Whether it is said to be several segments that were joined, or not yet cut. Who joins them
    /// has verified their checksums, and leaves that of the pseudo header.
    fn is_merged(self) -> bool;
    /// Asks the kernel's routing table, with `BPF_FIB_LOOKUP_*` as `flags`. The answer is one of
    /// `BPF_FIB_LKUP_RET_*` (linux/bpf.h).
    fn route(self, question: &mut bpf_fib_lookup, flags: u32) -> i64;
    /// A number that the verifier does not know; see [`crate::opaque`].
    fn noise(self) -> u64;
}

/// A frame at the XDP hook.
#[derive(Clone, Copy)]
pub struct XdpFrame(*mut xdp_md);

impl XdpFrame {
    /// The frame of `context`.
    #[inline(always)]
    pub fn new(context: &XdpContext) -> Self {
        Self(context.as_ptr().cast())
    }

    /// What the kernel handed over.
    #[inline(always)]
    pub fn context(self) -> *mut xdp_md {
        self.0
    }

    /// Bytes that can be read directly.
    #[inline(always)]
    pub fn length(self) -> usize {
        self.end() - self.start()
    }

    /// Overwrites bytes at `offset`. `None` when they are not all in the part that can be read
    /// directly.
    #[inline(always)]
    pub fn write<T: Copy>(self, offset: usize, value: T) -> Option<()> {
        let at = self.start() + offset;
        if at + size_of::<T>() > self.end() {
            return None;
        }
        // SAFETY: the bytes lie inside the frame, which was just compared with its end, and the
        // write needs no alignment.
        unsafe { (at as *mut T).write_unaligned(value) };
        Some(())
    }

    /// Address of the first byte.
    #[inline(always)]
    fn start(self) -> usize {
        XdpContext::new(self.0).data()
    }

    /// Address behind the last byte that can be read directly.
    #[inline(always)]
    fn end(self) -> usize {
        XdpContext::new(self.0).data_end()
    }
}

impl Frame for XdpFrame {
    const MAY_BE_LAYER3: bool = false;

    #[inline(always)]
    fn piece(self) -> Piece {
        Piece::new(self.start(), self.end())
    }

    #[inline(always)]
    fn read<T: Copy>(self, offset: usize) -> Option<T> {
        let at = self.start() + offset;
        if at + size_of::<T>() > self.end() {
            return self.copy(offset);
        }
        // SAFETY: the bytes from `at` to `at + size_of::<T>()` lie inside the frame, which was
        // just compared with its end; the read needs no alignment, and every `T` used here is made
        // of bytes.
        Some(unsafe { (at as *const T).read_unaligned() })
    }

    #[inline(always)]
    unsafe fn load(self, offset: u32, to: *mut u8, length: u32) -> bool {
        // SAFETY: the caller gives `length` writable bytes; the kernel checks the frame's side.
        unsafe { generated::bpf_xdp_load_bytes(self.0, offset, to.cast(), length) == 0 }
    }

    #[inline(always)]
    fn interface(self) -> u32 {
        XdpContext::new(self.0).ingress_ifindex() as u32
    }

    #[inline(always)]
    fn is_merged(self) -> bool {
        // In generic mode it may be, but nothing says so: see `interface::PARTIAL`.
        false
    }

    #[inline(always)]
    fn route(self, question: &mut bpf_fib_lookup, flags: u32) -> i64 {
        let size = size_of::<bpf_fib_lookup>() as i32;
        // SAFETY: the context is valid while the program runs, and the question has its size.
        unsafe { generated::bpf_fib_lookup(self.0.cast(), question, size, flags) }
    }

    #[inline(always)]
    fn noise(self) -> u64 {
        (self.end() - self.start()) as u64
    }
}
