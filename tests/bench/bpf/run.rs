//! Running programs by hand (`BPF_PROG_TEST_RUN`, Linux Documentation/bpf/bpf_prog_run.rst).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::Program;
use super::call::{Attributes, PROG_TEST_RUN};

/// `BPF_F_TEST_XDP_LIVE_FRAMES`.
const LIVE_FRAMES: u32 = 1 << 1;
/// As many as a driver hands over in one go (`NAPI_POLL_WEIGHT`).
const BATCH: u32 = 64;

/// Runs a program `count` times on a frame that comes by `interface`, one of this thread's
/// namespace; the average time in nanoseconds, and the last verdict.
pub fn run(
    program: BorrowedFd<'_>,
    frame: &[u8],
    interface: u32,
    count: u32,
) -> io::Result<(u32, u32)> {
    let attributes = test_run(program, frame, interface, count, 0)?;
    Ok((attributes.word(9), attributes.word(1)))
}

/// Sends `count` copies of a frame by `interface`, as the program says that is given each of them;
/// the average time in nanoseconds. The calling thread also does the work of whoever receives them,
/// and the time in which the kernel lets others run does not count (`bpf_test_timer_continue`,
/// net/bpf/test_run.c).
pub fn inject(program: &Program, frame: &[u8], interface: u32, count: u32) -> io::Result<u32> {
    let attributes = test_run(program.descriptor(), frame, interface, count, LIVE_FRAMES)?;
    Ok(attributes.word(9))
}

fn test_run(
    program: BorrowedFd<'_>,
    frame: &[u8],
    interface: u32,
    count: u32,
    flags: u32,
) -> io::Result<Attributes> {
    // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex.
    let context = [0, frame.len() as u32, 0, interface, 0, 0];
    let batch = if flags == LIVE_FRAMES { BATCH } else { 0 };
    let words = [
        (0, program.as_raw_fd() as u32),
        (2, frame.len() as u32),
        (8, count),
        (10, size_of_val(&context) as u32),
        (16, flags),
        (18, batch),
    ];
    let mut attributes = Attributes::new(&words)
        .point(4, frame.as_ptr())
        .point(12, context.as_ptr());
    // SAFETY: frame and context are as long as is said, and outlive the call; nothing is written.
    unsafe { attributes.call(PROG_TEST_RUN) }?;
    Ok(attributes)
}
