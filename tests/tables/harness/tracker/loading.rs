//! Programs on their way into the kernel.

use aya::{
    Ebpf,
    programs::{Program, ProgramError},
};
use ftp_track::conntrack::{self, Kind, Symbols};

/// Has the kernel verify the programs and keep them.
pub(super) fn load_programs(ebpf: &mut Ebpf) {
    for (name, program) in ebpf.programs_mut() {
        if !is_linked_by_hand(name) {
            load(program).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    for program in load_conntrack(ebpf) {
        program.put(ebpf).expect("it is of its caller's type");
    }
}

/// Whether a program cannot be loaded as it is.
pub fn is_linked_by_hand(name: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.name() == name)
}

/// Links and loads the programs that make conntrack entries.
pub fn load_conntrack(ebpf: &Ebpf) -> Vec<conntrack::Program> {
    let symbols = Symbols::find().unwrap_or_else(|error| panic!("{error}"));
    let load = |kind| conntrack::Program::load(kind, &symbols, ebpf);
    let programs = Kind::ALL.map(|kind| load(kind).unwrap_or_else(|error| panic!("{error}")));
    programs.into()
}

/// Has the kernel verify a program and keep it.
pub fn load(program: &mut Program) -> Result<(), ProgramError> {
    match program {
        Program::Xdp(program) => program.load(),
        Program::SchedClassifier(program) => program.load(),
        Program::SocketFilter(program) => program.load(),
        other => panic!("a program of type {:?}", other.prog_type()),
    }
}
