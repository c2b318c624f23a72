//! Loading and attaching XDP programs.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use ftp_track_tests::lab::Namespace;

use super::Instruction;
use super::call::{Attributes, LINK_CREATE, PROG_LOAD};

// linux/bpf.h, linux/if_link.h
const XDP: u32 = 6;
const ATTACH_XDP: u32 = 37;
const HAS_FRAGS: u32 = 1 << 5;
const DRIVER_MODE: u32 = 1 << 2;

/// A loaded XDP program.
pub struct Program(OwnedFd);

impl Program {
    /// Loads it. Like ftp-track's, it takes frames of several pieces.
    pub fn load(name: &str, code: &[Instruction]) -> Result<Self> {
        let mut words = vec![
            (0, XDP),
            (1, code.len() as u32),
            (11, HAS_FRAGS),
            (17, ATTACH_XDP),
        ];
        // The name's 16 bytes begin with word 12.
        let mut letters = [0; 16];
        for (to, from) in letters.iter_mut().zip(name.bytes().take(15)) {
            *to = from;
        }
        for (at, word) in letters.chunks_exact(4).enumerate() {
            words.push((
                12 + at,
                u32::from_ne_bytes([word[0], word[1], word[2], word[3]]),
            ));
        }
        let attributes = |words: &[(usize, u32)]| {
            Attributes::new(words)
                .point(2, code.as_ptr())
                .point(4, c"GPL".as_ptr())
        };
        // SAFETY: the code has as many instructions as is said, the licence ends with a NUL.
        let refused = match unsafe { attributes(&words).open(PROG_LOAD) } {
            Ok(program) => return Ok(Self(program)),
            Err(error) => error,
        };
        let mut log = vec![0u8; 1 << 16];
        words.extend([(6, 1), (7, log.len() as u32)]);
        let again = attributes(&words).point(8, log.as_mut_ptr());
        // SAFETY: as above; the log is as long as is said.
        let _ = unsafe { again.open(PROG_LOAD) };
        let log = String::from_utf8_lossy(&log);
        let log = log.trim_end_matches('\0').to_owned();
        Err(refused).with_context(|| format!("the program {name} is refused:\n{log}"))
    }

    /// Its file descriptor.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Attaches it to an interface, in the driver.
    pub fn attach(&self, namespace: &Namespace, interface: &str) -> Result<Attached> {
        let link = namespace.enter(|| -> Result<OwnedFd> {
            let name = CString::new(interface)?;
            // SAFETY: the name ends with a NUL and outlives the call.
            let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
            let words = [
                (0, self.0.as_raw_fd() as u32),
                (1, index),
                (2, ATTACH_XDP),
                (3, DRIVER_MODE),
            ];
            // SAFETY: there are no addresses.
            Ok(unsafe { Attributes::new(&words).open(LINK_CREATE) }?)
        })?;
        let link = link.with_context(|| format!("cannot attach a program to {interface}"))?;
        Ok(Attached(link))
    }
}

/// An attached program. Dropping it detaches it.
pub struct Attached(#[expect(dead_code, reason = "it is only held")] OwnedFd);
