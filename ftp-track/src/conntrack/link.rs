//! Writing this kernel's functions and fields into a program.

use aya_obj::generated::{BPF_PSEUDO_KFUNC_CALL, bpf_insn};
use ftp_track_common::kfunc::{Field, Kfunc};

use super::symbols::Symbols;

/// Index of the module's BTF in the array that is given with the program; 0 means vmlinux.
pub const MODULE_INDEX: i16 = 1;

const CALL: u8 = 0x85;
const LOAD_WORD: u8 = 0x61;
const LOAD_BYTE: u8 = 0x71;
const STORE_WORD: u8 = 0x63;
const MOVE_CONSTANT: u8 = 0xb7;
const JUMP: u8 = 0x05;

/// Replaces every placeholder; without `marks` none is written. Fails with the name of what is
/// missing.
pub fn link(
    instructions: &mut [bpf_insn],
    symbols: &Symbols,
    marks: bool,
) -> Result<(), &'static str> {
    for instruction in instructions {
        let code = instruction.code;
        if code == CALL && instruction.src_reg() == 0 {
            if let Some(function) = Kfunc::from_placeholder(instruction.imm) {
                let number = symbols.function(function).ok_or(function.name())?;
                instruction.set_src_reg(BPF_PSEUDO_KFUNC_CALL as u8);
                instruction.imm = number as i32;
                instruction.off = symbols.module().map_or(0, |_| MODULE_INDEX);
            }
        } else if matches!(code, LOAD_WORD | LOAD_BYTE | STORE_WORD)
            && let Some(field) = Field::from_placeholder(instruction.off)
        {
            match symbols.field(field) {
                Some(_) if code == STORE_WORD && !marks => absent(instruction),
                Some(offset) => instruction.off = offset,
                None => absent(instruction),
            }
        }
    }
    Ok(())
}

/// A field that the kernel does not have reads as zero, and is not written.
fn absent(instruction: &mut bpf_insn) {
    if instruction.code == STORE_WORD {
        instruction.code = JUMP;
        instruction.set_dst_reg(0);
    } else {
        instruction.code = MOVE_CONSTANT;
    }
    instruction.set_src_reg(0);
    instruction.off = 0;
    instruction.imm = 0;
}
