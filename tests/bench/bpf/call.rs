//! The system call.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

// linux/bpf.h
pub const MAP_CREATE: libc::c_int = 0;
pub const MAP_LOOKUP: libc::c_int = 1;
pub const MAP_UPDATE: libc::c_int = 2;
pub const PROG_LOAD: libc::c_int = 5;
pub const PROG_TEST_RUN: libc::c_int = 10;
pub const LINK_CREATE: libc::c_int = 28;

/// `union bpf_attr` as words of 32 bits, all zero at first.
pub struct Attributes([u32; 32]);

impl Attributes {
    pub fn new(words: &[(usize, u32)]) -> Self {
        let mut attributes = Self([0; 32]);
        for &(at, word) in words {
            attributes.0[at] = word;
        }
        attributes
    }

    /// An address takes two words.
    pub fn point<T>(mut self, at: usize, to: *const T) -> Self {
        let address = to as u64;
        self.0[at] = address as u32;
        self.0[at + 1] = (address >> 32) as u32;
        self
    }

    /// A word that the kernel has written.
    pub fn word(&self, at: usize) -> u32 {
        self.0[at]
    }

    /// Makes the call.
    ///
    /// # Safety
    /// Every address must be that of memory as the command takes it.
    pub unsafe fn call(&mut self, command: libc::c_int) -> io::Result<libc::c_long> {
        // SAFETY: the attributes are as long as is said; what they point to is the caller's.
        let result = unsafe {
            libc::syscall(
                libc::SYS_bpf,
                command,
                self.0.as_mut_ptr(),
                size_of_val(&self.0),
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(result)
    }

    /// Makes a call that gives a file descriptor.
    ///
    /// # Safety
    /// As [`Attributes::call`].
    pub unsafe fn open(mut self, command: libc::c_int) -> io::Result<OwnedFd> {
        // SAFETY: the caller's.
        let descriptor = unsafe { self.call(command) }?;
        // SAFETY: the call above has given it, and nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
    }
}
