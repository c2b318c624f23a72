//! The benchmark's own small programs, and running programs by hand: bpf(2) itself, because aya
//! loads objects and sends no live frames.

mod call;
mod instruction;
mod map;
mod program;
mod run;

pub use instruction::{Instruction, Register, Size, Test};
pub use map::{Counter, Map};
pub use program::{Attached, Program};
pub use run::{inject, run};
