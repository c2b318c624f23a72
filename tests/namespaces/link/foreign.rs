//! Programs of somebody else, loaded by bpf(2) itself.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ftp_track_tests::lab::{Host, Lab};
use nix::libc;

// linux/bpf.h
const PROG_LOAD: libc::c_int = 5;
const OBJ_GET: libc::c_int = 7;
const LINK_CREATE: libc::c_int = 28;
const LINK_DETACH: libc::c_int = 34;
const SCHED_CLS: u32 = 3;
const XDP: u32 = 6;
const ATTACH_XDP: u32 = 37;
const ATTACH_TCX_INGRESS: u32 = 46;
const XDP_PASS: i32 = 2;
const TCX_NEXT: i32 = -1;

/// Where a TC program goes.
#[derive(Clone, Copy)]
pub enum Place {
    /// In front of all (`BPF_F_BEFORE`).
    First = 1 << 3,
    /// Behind all (`BPF_F_AFTER`).
    Last = 1 << 4,
}

/// Detaches what a pinned link holds, as `bpftool link detach` does.
pub fn detach(pin: &Path) {
    let path = CString::new(pin.as_os_str().as_bytes()).unwrap();
    let address = path.as_ptr() as u64;
    let mut attributes = [address as u32, (address >> 32) as u32, 0, 0];
    let link = bpf(OBJ_GET, &mut attributes).unwrap();
    call(LINK_DETACH, &mut [link.as_raw_fd() as u32]).unwrap();
}

/// An attached program. Dropping it detaches it.
pub struct Foreign {
    _link: OwnedFd,
}

impl Foreign {
    /// An XDP program that passes everything, on an interface of the gateway.
    pub fn xdp(lab: &Lab, interface: &str, name: &str) -> Self {
        let program = load(XDP, name, &[set(0, XDP_PASS), EXIT]);
        Self::attach(lab, interface, &program, ATTACH_XDP, 0)
    }

    /// A TC program that sets a bit of the mark and lets the next one decide.
    pub fn tcx(lab: &Lab, interface: &str, place: Place, bit: i32) -> Self {
        // r2 = skb->mark; r2 |= bit; skb->mark = r2
        let code = [
            instruction(0x61, 2, 1, 8, 0),
            instruction(0x44, 2, 0, 0, bit),
            instruction(0x63, 1, 2, 8, 0),
            set(0, TCX_NEXT),
            EXIT,
        ];
        let program = load(SCHED_CLS, "marker", &code);
        Self::attach(lab, interface, &program, ATTACH_TCX_INGRESS, place as u32)
    }

    fn attach(lab: &Lab, interface: &str, program: &OwnedFd, hook: u32, flags: u32) -> Self {
        let gateway = lab.namespace(Host::Gateway);
        let link = gateway.enter(|| {
            let name = CString::new(interface).unwrap();
            // SAFETY: the name ends with a NUL and outlives the call.
            let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
            let mut attributes = [program.as_raw_fd() as u32, index, hook, flags, 0, 0, 0, 0];
            bpf(LINK_CREATE, &mut attributes)
        });
        let _link = link.unwrap().unwrap();
        Self { _link }
    }
}

/// One instruction (Linux, Documentation/bpf/standardization/instruction-set.rst).
const fn instruction(code: u8, to: u8, from: u8, offset: u16, value: i32) -> u64 {
    code as u64
        | ((to | from << 4) as u64) << 8
        | (offset as u64) << 16
        | (value as u32 as u64) << 32
}

/// A register gets a value.
const fn set(register: u8, value: i32) -> u64 {
    instruction(0xb7, register, 0, 0, value)
}

const EXIT: u64 = instruction(0x95, 0, 0, 0, 0);

fn load(kind: u32, name: &str, code: &[u64]) -> OwnedFd {
    let license = CString::new("GPL").unwrap();
    let mut attributes = [0u32; 16];
    let mut pointer = |at: usize, address: u64| {
        attributes[at] = address as u32;
        attributes[at + 1] = (address >> 32) as u32;
    };
    pointer(2, code.as_ptr() as u64);
    pointer(4, license.as_ptr() as u64);
    attributes[0] = kind;
    attributes[1] = code.len() as u32;
    for (at, byte) in name.bytes().enumerate() {
        attributes[12 + at / 4] |= u32::from(byte) << (at % 4 * 8);
    }
    bpf(PROG_LOAD, &mut attributes).unwrap()
}

/// Makes or opens a program or a link.
fn bpf(command: libc::c_int, attributes: &mut [u32]) -> io::Result<OwnedFd> {
    let descriptor = call(command, attributes)?;
    // SAFETY: the call above has given it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

fn call(command: libc::c_int, attributes: &mut [u32]) -> io::Result<libc::c_long> {
    // SAFETY: the attributes are as long as is said; what they point to outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            attributes.as_mut_ptr(),
            size_of_val(attributes),
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
