//! Instructions (Linux, Documentation/bpf/standardization/instruction-set.rst), as few as the
//! benchmark's programs need.

use std::os::fd::AsRawFd;

use super::Map;

/// One of 64 bits.
#[repr(transparent)]
pub struct Instruction(u64);

/// A register: 0 has results, 1 to 5 arguments, 6 to 9 last, 10 is the end of the stack.
#[derive(Clone, Copy)]
pub struct Register(pub u8);

/// How much is read or written.
#[derive(Clone, Copy)]
pub enum Size {
    /// Two bytes.
    Half = 0x08,
    /// Four.
    Word = 0x00,
    /// Eight.
    Double = 0x18,
}

/// When a jump is taken.
#[derive(Clone, Copy)]
pub enum Test {
    /// The register is zero.
    Zero(Register),
    /// The first register is larger, unsigned.
    Larger(Register, Register),
}

const NONE: Register = Register(0);

fn encode(code: u8, to: Register, from: Register, offset: i16, value: i32) -> Instruction {
    Instruction(
        u64::from(code)
            | u64::from(to.0 | from.0 << 4) << 8
            | u64::from(offset as u16) << 16
            | u64::from(value as u32) << 32,
    )
}

impl Instruction {
    /// Ends the program with what is in register 0.
    pub fn exit() -> Self {
        encode(0x95, NONE, NONE, 0, 0)
    }

    /// A register gets a value.
    pub fn set(to: Register, value: i32) -> Self {
        encode(0xb7, to, NONE, 0, value)
    }

    /// A register gets what another has.
    pub fn copy(to: Register, from: Register) -> Self {
        encode(0xbf, to, from, 0, 0)
    }

    /// A value is added to a register.
    pub fn add(to: Register, value: i32) -> Self {
        encode(0x07, to, NONE, 0, value)
    }

    /// Only the remainder of a division is kept.
    pub fn remainder(of: Register, by: i32) -> Self {
        encode(0x97, of, NONE, 0, by)
    }

    /// Reads memory.
    pub fn load(size: Size, to: Register, from: Register, offset: i16) -> Self {
        encode(0x61 | size as u8, to, from, offset, 0)
    }

    /// Writes a register to memory.
    pub fn store(size: Size, to: Register, offset: i16, from: Register) -> Self {
        encode(0x63 | size as u8, to, from, offset, 0)
    }

    /// Writes a value to memory.
    pub fn store_value(size: Size, to: Register, offset: i16, value: i32) -> Self {
        encode(0x62 | size as u8, to, NONE, offset, value)
    }

    /// Calls a helper by its number (`___BPF_FUNC_MAPPER`, uapi/linux/bpf.h).
    pub fn call(helper: i32) -> Self {
        encode(0x85, NONE, NONE, 0, helper)
    }

    /// Skips `count` instructions.
    pub fn jump(test: Test, count: i16) -> Self {
        match test {
            Test::Zero(register) => encode(0x15, register, NONE, count, 0),
            Test::Larger(first, second) => encode(0x2d, first, second, count, 0),
        }
    }

    /// A register gets the address of a map; two instructions.
    pub fn map(to: Register, map: &Map) -> [Self; 2] {
        const PSEUDO_MAP_FD: Register = Register(1);
        let descriptor = map.descriptor().as_raw_fd();
        [
            encode(0x18, to, PSEUDO_MAP_FD, 0, descriptor),
            encode(0, NONE, NONE, 0, 0),
        ]
    }
}
