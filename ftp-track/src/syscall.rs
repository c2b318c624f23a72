//! The few calls of bpf(2) that aya has no way to make. Structures: `union bpf_attr`
//! (uapi/linux/bpf.h), each up to its last field that is used.
#![expect(unsafe_code, reason = "bpf(2) takes pointers")]

use std::{
    ffi::{CStr, CString},
    io,
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use aya::maps::{HashMap, IterableMap as _, MapData};
use aya_obj::generated::{bpf_cmd, bpf_insn, bpf_prog_type};
use bytemuck::{Pod, Zeroable};

/// Bytes of the verifier's log.
const LOG: usize = 1 << 20;
/// `BPF_OBJ_NAME_LEN`, with the zero at the end.
const NAME: usize = 16;

/// A program for the kernel.
pub struct Load<'a> {
    /// Shown by bpftool, cut to 15 bytes.
    pub name: &'a str,
    /// Its type.
    pub program_type: bpf_prog_type,
    /// Where it will be attached, as far as its type asks.
    pub attach_type: u32,
    /// `BPF_F_...`.
    pub flags: u32,
    /// Its licence.
    pub license: &'a CStr,
    /// Its instructions.
    pub instructions: &'a [bpf_insn],
    /// BTF of modules that its calls refer to by index, from 1.
    pub modules: &'a [BorrowedFd<'a>],
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; NAME],
    prog_ifindex: u32,
    expected_attach_type: u32,
    prog_btf_fd: u32,
    func_info_rec_size: u32,
    func_info: u64,
    func_info_cnt: u32,
    line_info_rec_size: u32,
    line_info: u64,
    line_info_cnt: u32,
    attach_btf_id: u32,
    attach_prog_fd: u32,
    core_relo_cnt: u32,
    fd_array: u64,
}

/// Loads a program. When the kernel refuses it, the text is the verifier's log.
pub fn load_program(load: &Load<'_>) -> Result<OwnedFd, (io::Error, String)> {
    let mut modules = vec![-1];
    modules.extend(load.modules.iter().map(|fd| fd.as_raw_fd()));
    let mut attr = ProgLoad {
        prog_type: load.program_type as u32,
        insn_cnt: load.instructions.len() as u32,
        insns: address(load.instructions.as_ptr()),
        license: address(load.license.as_ptr()),
        prog_flags: load.flags,
        expected_attach_type: load.attach_type,
        fd_array: address(modules.as_ptr()),
        ..ProgLoad::zeroed()
    };
    for (to, from) in attr.prog_name[..NAME - 1].iter_mut().zip(load.name.bytes()) {
        *to = from;
    }
    let command = bpf_cmd::BPF_PROG_LOAD;
    // SAFETY: every address in `attr` is that of memory which lives here, of the length given.
    let refused = match unsafe { bpf_fd(command, &mut attr) } {
        Ok(fd) => return Ok(fd),
        Err(error) => error,
    };
    // Once more, for the log.
    let mut log = vec![0_u8; LOG];
    attr.log_level = 1;
    attr.log_size = LOG as u32;
    attr.log_buf = address(log.as_mut_ptr());
    // SAFETY: as above, and the log has the length that is given.
    unsafe { bpf_fd(command, &mut attr) }.map_err(|_| (refused, text(&log)))
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Ids {
    id: u32,
    next_id: u32,
    open_flags: u32,
}

/// The number of the next BTF object after `id`. `NotFound` after the last.
pub fn next_btf(id: u32) -> io::Result<u32> {
    let mut attr = Ids {
        id,
        ..Ids::zeroed()
    };
    // SAFETY: no addresses in `attr`.
    unsafe { bpf(bpf_cmd::BPF_BTF_GET_NEXT_ID, &mut attr) }?;
    Ok(attr.next_id)
}

/// Opens a BTF object.
pub fn open_btf(id: u32) -> io::Result<OwnedFd> {
    let mut attr = Ids {
        id,
        ..Ids::zeroed()
    };
    // SAFETY: no addresses in `attr`.
    unsafe { bpf_fd(bpf_cmd::BPF_BTF_GET_FD_BY_ID, &mut attr) }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct GetInfo {
    fd: u32,
    length: u32,
    info: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct BtfInfo {
    btf: u64,
    btf_size: u32,
    id: u32,
    name: u64,
    name_len: u32,
    kernel_btf: u32,
}

/// Whether this is the kernel's own BTF called `name`.
pub fn is_kernel_btf(fd: BorrowedFd<'_>, name: &str) -> io::Result<bool> {
    let mut buffer = [0_u8; 64];
    let mut info = BtfInfo {
        name: address(buffer.as_mut_ptr()),
        name_len: buffer.len() as u32,
        ..BtfInfo::zeroed()
    };
    // SAFETY: the name has the length that is given.
    match unsafe { get_info(fd, &mut info) } {
        // A longer name than the one looked for.
        Err(error) if error.raw_os_error() == Some(libc::ENOSPC) => Ok(false),
        Err(error) => Err(error),
        Ok(()) => Ok(info.kernel_btf != 0 && text(&buffer) == name),
    }
}

/// `struct bpf_prog_info` up to `verified_insns`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct ProgInfo {
    head: [u64; 27],
    verified_insns: u32,
    attach_btf_obj_id: u32,
}

/// How many instructions the verifier went through for a program.
pub fn verified_instructions(fd: BorrowedFd<'_>) -> io::Result<u32> {
    let mut info = ProgInfo::zeroed();
    // SAFETY: no addresses in `info`: it is all zero.
    unsafe { get_info(fd, &mut info) }?;
    Ok(info.verified_insns)
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Update {
    map_fd: u32,
    reserved: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// Puts a program into an array of programs.
pub fn put_program(array: BorrowedFd<'_>, index: u32, program: BorrowedFd<'_>) -> io::Result<()> {
    let value = program.as_raw_fd() as u32;
    let mut attr = Update {
        map_fd: array.as_raw_fd() as u32,
        key: address(&raw const index),
        value: address(&raw const value),
        ..Update::zeroed()
    };
    // SAFETY: key and value of an array of programs are four bytes each.
    unsafe { bpf(bpf_cmd::BPF_MAP_UPDATE_ELEM, &mut attr) }?;
    Ok(())
}

/// The member `batch`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Batch {
    from: u64,
    to: u64,
    keys: u64,
    values: u64,
    count: u32,
    map_fd: u32,
    elem_flags: u64,
    flags: u64,
}

/// Where a walk through a hash map stands: the kernel's number of a bucket.
pub type Place = u32;

/// Reads entries into `keys` and `values`, from `place` on or from the beginning: as many whole buckets
/// as find room, so that each entry comes once, whatever is put in and taken out meanwhile. Gives how
/// many there are, and where to go on; `StorageFull` if there is no room for one bucket.
pub fn read_entries<const KEY: usize, const VALUE: usize>(
    map: &HashMap<MapData, [u8; KEY], [u8; VALUE]>,
    place: Option<Place>,
    keys: &mut [[u8; KEY]],
    values: &mut [[u8; VALUE]],
    flags: u64,
) -> io::Result<(usize, Option<Place>)> {
    let mut to: Place = 0;
    let mut attr = Batch {
        from: place.as_ref().map_or(0, |place| address(place)),
        to: address(&raw mut to),
        keys: address(keys.as_mut_ptr()),
        values: address(values.as_mut_ptr()),
        count: keys.len().min(values.len()) as u32,
        map_fd: map.map().fd().as_fd().as_raw_fd() as u32,
        elem_flags: flags,
        ..Batch::zeroed()
    };
    // SAFETY: aya has compared the sizes of the map's keys and values with `KEY` and `VALUE`, there is
    // room for `count` of each, and a place in a hash map has four bytes.
    let read = unsafe { bpf(bpf_cmd::BPF_MAP_LOOKUP_BATCH, &mut attr) };
    match read {
        Ok(_) => Ok((attr.count as usize, Some(to))),
        // The last ones may come with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((attr.count as usize, None)),
        Err(error) => Err(error),
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Object {
    path: u64,
    fd: u32,
    flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Detach {
    link_fd: u32,
}

/// `struct bpf_link_info` of a link at XDP or TCX.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct LinkInfo {
    head: [u32; 4],
    ifindex: u32,
    attach_type: u32,
}

/// The index of the interface that the XDP or TCX link pinned at `path` is attached to; 0 where it is
/// detached.
pub fn link_interface(path: &Path) -> io::Result<u32> {
    let link = open_pin(path)?;
    let mut info = LinkInfo::zeroed();
    // SAFETY: no addresses in `info`.
    unsafe { get_info(link.as_fd(), &mut info) }?;
    Ok(info.ifindex)
}

/// Detaches the program of the link that is pinned at `path`, before it returns. A link that only
/// loses its last pin goes some time later: the kernel frees it behind an RCU grace period.
pub fn detach_link(path: &Path) -> io::Result<()> {
    let link = open_pin(path)?;
    let mut attr = Detach {
        link_fd: link.as_raw_fd() as u32,
    };
    // SAFETY: no addresses in `attr`.
    unsafe { bpf(bpf_cmd::BPF_LINK_DETACH, &mut attr) }?;
    Ok(())
}

fn open_pin(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut attr = Object {
        path: address(path.as_ptr()),
        ..Object::zeroed()
    };
    // SAFETY: the path ends with a zero.
    unsafe { bpf_fd(bpf_cmd::BPF_OBJ_GET, &mut attr) }
}

fn address<T>(pointer: *const T) -> u64 {
    pointer as u64
}

/// The text before the first zero.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// # Safety
/// Addresses in `info` must be those of memory that may be written.
unsafe fn get_info<T: Pod>(fd: BorrowedFd<'_>, info: &mut T) -> io::Result<()> {
    let mut attr = GetInfo {
        fd: fd.as_raw_fd() as u32,
        length: size_of::<T>() as u32,
        info: address(&raw const *info),
    };
    // SAFETY: `info` has the length that is given; the rest is the caller's.
    unsafe { bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attr) }?;
    Ok(())
}

/// # Safety
/// As [`bpf`]; the command gives a file descriptor.
unsafe fn bpf_fd<T: Pod>(command: bpf_cmd, attr: &mut T) -> io::Result<OwnedFd> {
    // SAFETY: the caller's.
    let fd = unsafe { bpf(command, attr) }?;
    // SAFETY: the kernel has just made it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// # Safety
/// Addresses in `attr` must be those of memory as the command takes it.
unsafe fn bpf<T: Pod>(command: bpf_cmd, attr: &mut T) -> io::Result<libc::c_long> {
    // SAFETY: `attr` has the length that is given; the rest is the caller's.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_int,
            &raw mut *attr,
            size_of::<T>(),
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
