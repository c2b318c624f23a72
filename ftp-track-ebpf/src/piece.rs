//! The part of a frame that lies in one piece, by words.
//!
//! The compiler knows no alignment of a frame's bytes and would take them one by one: twenty
//! instructions for the header that five can read. Linux lets programs read words from packets
//! at any address where the processor does (`HAVE_EFFICIENT_UNALIGNED_ACCESS`), and refuses
//! to load them elsewhere.

/// The part of a frame that can be read directly.
#[derive(Clone, Copy)]
pub struct Piece {
    start: usize,
    end: usize,
}

impl Piece {
    /// The bytes from `start` to `end`, two of the context's pointers.
    #[inline(always)]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Its length in bytes.
    #[inline(always)]
    pub fn length(self) -> usize {
        self.end - self.start
    }

    /// `N` bytes at `offset`, if the piece has them.
    #[inline(always)]
    pub fn header<const N: usize>(self, offset: usize) -> Option<Header<N>> {
        let at = self.start + offset;
        (at + N <= self.end).then_some(Header(at))
    }
}

/// `N` bytes of a frame.
#[derive(Clone, Copy)]
pub struct Header<const N: usize>(usize);

macro_rules! read {
    ($(#[$doc:meta])* $name:ident: $kind:ty = $width:literal) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<const AT: usize>(self) -> $kind {
            const { assert!(AT + size_of::<$kind>() <= N) };
            #[cfg(target_arch = "bpf")]
            {
                let value: u64;
                // SAFETY: the bytes lie inside the frame, which was compared with its end when
                // this was made.
                unsafe {
                    core::arch::asm!(
                        concat!("{value} = *(", $width, " *)({start} + {at})"),
                        value = lateout(reg) value,
                        start = in(reg) self.0,
                        at = const AT,
                        options(nostack, readonly),
                    );
                }
                value as $kind
            }
            #[cfg(not(target_arch = "bpf"))]
            // SAFETY: as above; the read needs no alignment.
            unsafe {
                ((self.0 + AT) as *const $kind).read_unaligned()
            }
        }
    };
}

macro_rules! write {
    ($(#[$doc:meta])* $name:ident: $kind:ty = $width:literal) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name<const AT: usize>(self, value: $kind) {
            const { assert!(AT + size_of::<$kind>() <= N) };
            #[cfg(target_arch = "bpf")]
            // SAFETY: as for reading; the frame is the program's own.
            unsafe {
                core::arch::asm!(
                    concat!("*(", $width, " *)({start} + {at}) = {value}"),
                    value = in(reg) value as u64,
                    start = in(reg) self.0,
                    at = const AT,
                    options(nostack),
                );
            }
            #[cfg(not(target_arch = "bpf"))]
            // SAFETY: as above; the write needs no alignment.
            unsafe {
                ((self.0 + AT) as *mut $kind).write_unaligned(value);
            }
        }
    };
}

impl<const N: usize> Header<N> {
    read! {
        /// The byte at `AT`.
        byte: u8 = "u8"
    }
    read! {
        /// Two bytes at `AT`, as they lie in memory.
        half: u16 = "u16"
    }
    read! {
        /// Four bytes at `AT`, as they lie in memory.
        word: u32 = "u32"
    }
    read! {
        /// Eight bytes at `AT`, as they lie in memory.
        long: u64 = "u64"
    }
    write! {
        /// Overwrites the byte at `AT`.
        set_byte: u8 = "u8"
    }
    write! {
        /// Overwrites two bytes at `AT`, as they lie in memory.
        set_half: u16 = "u16"
    }
    write! {
        /// Overwrites four bytes at `AT`, as they lie in memory.
        set_word: u32 = "u32"
    }
}
