//! What verifying the programs costs, compared with a committed table.

use std::{collections::BTreeMap, env, fs};

use aya::{Ebpf, programs::Program};
use ftp_track::{conntrack::Kind, kernel};
use serde::Deserialize;

use crate::harness::tracker::{is_linked_by_hand, load, load_conntrack};

/// The committed table.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tables/verifier.toml");
/// When it is set, the rows of the running kernel are written anew.
const UPDATE: &str = "FTP_TRACK_UPDATE_VERIFIER";
/// On a kernel without a row: the verifier gives up at a million.
const BOUND: u32 = 800_000;

#[derive(Deserialize, Default)]
struct Table {
    /// Program, kernel (`major.minor`), instructions.
    #[serde(default)]
    program: BTreeMap<String, BTreeMap<String, u32>>,
}

#[test]
fn instructions() {
    let text = fs::read_to_string(TABLE).expect("the table");
    let mut table: Table = toml::from_str(&text).expect("TOML");
    let kernel = running_kernel();
    let measured = measure();
    if env::var_os(UPDATE).is_some() {
        for (name, instructions) in &measured {
            let rows = table.program.entry(name.clone()).or_default();
            rows.insert(kernel.clone(), *instructions);
        }
        table.program.retain(|name, _| measured.contains_key(name));
        fs::write(TABLE, render(&text, &table)).expect("the table can be written");
    }
    assert!(!measured.is_empty());
    let programs: Vec<String> = measured.keys().cloned().collect();
    for (name, instructions) in measured {
        let row = table.program.get(&name).and_then(|rows| rows.get(&kernel));
        let most = row.map_or(BOUND, |recorded| recorded + recorded / 10);
        println!("{name}: {instructions} instructions verified on {kernel}, at most {most}");
        assert!(
            instructions <= most,
            "{name}: the verifier goes through {instructions} instructions, the table says at most \
             {most}; find out why, or set {UPDATE}=1 and say why in the commit"
        );
    }
    for name in table.program.keys() {
        assert!(
            programs.contains(name),
            "{name} is no program: set {UPDATE}=1"
        );
    }
}

/// Loads every program of the object, and asks the kernel.
fn measure() -> BTreeMap<String, u32> {
    let mut ebpf = Ebpf::load(kernel::OBJECT).expect("the maps can be made");
    let programs = ebpf.programs_mut();
    let programs = programs.filter(|(name, _)| !is_linked_by_hand(name));
    let programs = programs.map(|(name, program)| {
        load(program).unwrap_or_else(|error| panic!("{name}: {error}"));
        let info = Program::info(program).expect("the kernel knows it");
        let count = info.verified_instruction_count();
        (name.to_owned(), count.expect("kernels from 5.16 tell"))
    });
    let mut measured: BTreeMap<String, u32> = programs.collect();
    for (kind, program) in Kind::ALL.iter().zip(load_conntrack(&ebpf)) {
        let count = program.verified_instructions();
        measured.insert(kind.name().to_owned(), count.expect("the kernel knows it"));
    }
    measured
}

/// `major.minor` of the running kernel.
fn running_kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("procfs");
    let mut parts = release.trim().split(['.', '-']);
    let mut part = || parts.next().expect("a version of several parts");
    format!("{}.{}", part(), part())
}

/// The table's text: the comment at its head, and the rows.
fn render(text: &str, table: &Table) -> String {
    let head = text.lines().take_while(|line| line.starts_with('#'));
    let mut lines: Vec<String> = head.map(str::to_owned).collect();
    for (name, rows) in &table.program {
        lines.push(format!("\n[program.{name}]"));
        lines.extend(
            rows.iter()
                .map(|(kernel, count)| format!("\"{kernel}\" = {count}")),
        );
    }
    lines.join("\n") + "\n"
}
