//! The TCP checksum (RFC 9293, 3.1), so that only what the receiver accepts is read.

use aya_ebpf::{cty::c_void, helpers::generated};

use ftp_track_common::tuple::Tuple;

use crate::{
    frame::Frame,
    opaque::bounded,
    packet::Packet,
    scratch::{self, BLOCK},
};

/// Blocks in the largest TCP packet.
const BLOCKS: u32 = 65_536 / BLOCK as u32 + 1;

#[repr(C)]
struct Sum<F> {
    frame: F,
    offset: u32,
    remaining: u32,
    sum: u32,
    failed: u32,
}

/// Whether the packet's checksum is right.
///
/// A packet that never was on a wire may carry only the sum of the pseudo header there, for the
/// card to complete (`CHECKSUM_PARTIAL`, include/linux/skbuff.h): virtual links pass it on so. The
/// packet's door says whether that is possible, because it would be an easy sum to forge.
#[inline(always)]
pub fn is_right<F: Frame>(frame: F, packet: &Packet) -> bool {
    (packet.door.partial && is_like_partial(packet)) || is_complete(frame, packet)
}

/// Whether the checksum field holds the sum of the pseudo header, and the rest is to be added.
///
/// One complete checksum in 65,536 looks the same, so the whole packet has to be summed.
#[inline(always)]
pub fn is_partial<F: Frame>(frame: F, packet: &Packet) -> bool {
    packet.door.partial && is_like_partial(packet) && !is_complete(frame, packet)
}

#[inline(always)]
fn is_like_partial(packet: &Packet) -> bool {
    is_like(&packet.tuple, packet.transport_length, packet.checksum)
}

/// Whether a checksum is that of the pseudo header of a segment of `length` bytes with its header.
#[inline(always)]
pub fn is_like(tuple: &Tuple, length: u32, checksum: u16) -> bool {
    checksum as u32 == pseudo_header(tuple, length)
}

#[inline(never)]
fn is_complete<F: Frame>(frame: F, packet: &Packet) -> bool {
    let mut sum = Sum {
        frame,
        offset: packet.transport,
        remaining: packet.transport_length,
        sum: 0,
        failed: 0,
    };
    if packet.transport_length > BLOCK as u32 {
        // SAFETY: `add_block` takes what `bpf_loop` gives it: the index and this context.
        unsafe {
            generated::bpf_loop(
                BLOCKS,
                add_block::<F> as *mut c_void,
                (&raw mut sum).cast(),
                0,
            );
        }
    } else {
        add_block(0, &mut sum);
    }
    if sum.failed != 0 {
        return false;
    }
    fold(sum.sum as u64 + pseudo_header(&packet.tuple, packet.transport_length) as u64) == 0xffff
}

/// One step of `bpf_loop`: sums a block.
extern "C" fn add_block<F: Frame>(_index: u32, sum: &mut Sum<F>) -> i64 {
    let Some(block) = scratch::block() else {
        sum.failed = 1;
        return 1;
    };
    if sum.remaining == 0 {
        return 1;
    }
    let length = bounded::<{ BLOCK as u32 }>(sum.remaining.min(BLOCK as u32));
    let block = block.as_mut_ptr();
    // SAFETY: `length` is between 1 and the block's size, and the block has four bytes more for
    // the padding.
    unsafe {
        if !sum.frame.load(sum.offset, block, length) {
            sum.failed = 1;
            return 1;
        }
        block.add(length as usize).cast::<u32>().write_unaligned(0);
        sum.sum = generated::bpf_csum_diff(
            core::ptr::null_mut(),
            0,
            block.cast(),
            (length + 3) & !3,
            sum.sum,
        ) as u32;
    }
    sum.offset += length;
    sum.remaining -= length;
    (sum.remaining == 0) as i64
}

/// The folded sum of the pseudo header.
#[inline(always)]
fn pseudo_header(tuple: &Tuple, length: u32) -> u32 {
    let mut sum = (length as u16).to_be() as u64 + 6u16.to_be() as u64;
    let v4 = tuple.source.is_v4();
    sum += tuple.source.sum(v4) + tuple.destination.sum(v4);
    fold(sum)
}

#[inline(always)]
fn fold(sum: u64) -> u32 {
    let mut sum = (sum >> 32) + (sum & 0xffff_ffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum as u32
}
