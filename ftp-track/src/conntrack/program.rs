//! Preparing and loading.

use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
};

use aya::{
    Ebpf,
    maps::{Map, MapData},
};
use aya_obj::{
    Object, ProgramSection,
    generated::{BPF_F_XDP_HAS_FRAGS, bpf_attach_type, bpf_insn, bpf_prog_type},
};
use ftp_track_common::layout;

use super::{Obstacle, link, symbols::Symbols};
use crate::{
    kernel, map,
    syscall::{self, Load},
};

/// Lines of the verifier's log that are shown: the reason stands at the end.
const LINES: usize = 12;

/// The type of a program that makes entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Called by the XDP program.
    Xdp,
    /// Called by the program at TC ingress.
    Tc,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Xdp, Self::Tc];

    /// The program's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xdp => kernel::XDP_CONNTRACK_PROGRAM,
            Self::Tc => kernel::TC_CONNTRACK_PROGRAM,
        }
    }

    /// The array where its caller looks for it.
    const fn array(self) -> &'static str {
        match self {
            Self::Xdp => layout::XDP_CONNTRACK,
            Self::Tc => layout::TC_CONNTRACK,
        }
    }
}

/// A program that makes entries, in the kernel.
#[derive(Debug)]
pub struct Program {
    kind: Kind,
    fd: OwnedFd,
    marks: bool,
}

impl Program {
    /// Loads the one of this kind. It works on the maps of `ebpf`.
    ///
    /// Some kernels do not know their own `struct nf_conn` when nf_conntrack is a module, and let no
    /// program write to it: there, entries get no marks.
    pub fn load(kind: Kind, symbols: &Symbols, ebpf: &Ebpf) -> Result<Self, Obstacle> {
        match Self::load_with(kind, symbols, ebpf, true) {
            Err(Obstacle::Refused { .. }) => Self::load_with(kind, symbols, ebpf, false),
            done => done,
        }
    }

    fn load_with(
        kind: Kind,
        symbols: &Symbols,
        ebpf: &Ebpf,
        marks: bool,
    ) -> Result<Self, Obstacle> {
        let name = kind.name();
        let object = |reason: String| Obstacle::Object { name, reason };
        let mut parsed =
            Object::parse(kernel::OBJECT).map_err(|error| object(error.to_string()))?;
        let program = parsed.programs.get(name);
        let program = program.ok_or_else(|| object("it is not in the object".to_owned()))?;
        let (section, key) = (program.section.clone(), program.function_key());
        let license = program.license.clone();
        let mut instructions = relocate(&mut parsed, key, ebpf).map_err(object)?;
        link::link(&mut instructions, symbols, marks)
            .map_err(|missing| object(missing.to_owned()))?;
        // The caller was loaded by aya: a program that it can call has the same type, attach type
        // and flags.
        let (program_type, attach_type, flags) = match section {
            ProgramSection::Xdp { frags, .. } => (
                bpf_prog_type::BPF_PROG_TYPE_XDP,
                bpf_attach_type::BPF_XDP as u32,
                if frags { BPF_F_XDP_HAS_FRAGS } else { 0 },
            ),
            _ => (bpf_prog_type::BPF_PROG_TYPE_SCHED_CLS, 0, 0),
        };
        let fd = syscall::load_program(&Load {
            name,
            program_type,
            attach_type,
            flags,
            license: &license,
            instructions: &instructions,
            modules: symbols.module().as_slice(),
        });
        let fd = fd.map_err(|(error, log)| Obstacle::Refused {
            name,
            error,
            log: tail(&log),
        })?;
        Ok(Self { kind, fd, marks })
    }

    /// Puts it where its caller among the programs of `ebpf` finds it. It takes the place of an earlier one at
    /// once, and stays as long as somebody holds the map.
    pub fn put(&self, ebpf: &Ebpf) -> Result<(), Obstacle> {
        let name = self.kind.array();
        let array = ebpf.map(name).and_then(fd_of);
        let array = array.ok_or(map::Error::Missing { name })?;
        let put = syscall::put_program(array, 0, self.fd.as_fd());
        put.map_err(|error| Obstacle::Object {
            name: self.kind.name(),
            reason: format!("it does not go into {name}: {error}"),
        })
    }

    /// Whether entries get the mark of their control connection.
    pub fn marks(&self) -> bool {
        self.marks
    }

    /// How many instructions the verifier went through.
    pub fn verified_instructions(&self) -> io::Result<u32> {
        syscall::verified_instructions(self.fd.as_fd())
    }
}

/// The instructions of the function at `key`, with the maps of `ebpf` in them.
fn relocate(object: &mut Object, key: (usize, u64), ebpf: &Ebpf) -> Result<Vec<bpf_insn>, String> {
    // The other functions' maps are not needed.
    object.functions.retain(|other, _| *other == key);
    let definitions = object.maps.clone();
    let maps = definitions.iter().filter_map(|(name, definition)| {
        let fd = ebpf.map(name).and_then(fd_of)?;
        Some((name.as_str(), fd.as_raw_fd(), definition))
    });
    // It calls no functions of ours: all of them are compiled into it.
    let done = object.relocate_maps(maps, &Default::default());
    done.map_err(|error| crate::cause::chain(&error))?;
    let function = object.functions.remove(&key);
    Ok(function.ok_or("it has no instructions")?.instructions)
}

/// The maps that the programs use are of these types.
fn fd_of(map: &Map) -> Option<BorrowedFd<'_>> {
    match map {
        Map::HashMap(data) | Map::PerCpuArray(data) | Map::ProgramArray(data) => Some(fd(data)),
        _ => None,
    }
}

fn fd(data: &MapData) -> BorrowedFd<'_> {
    data.fd().as_fd()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
