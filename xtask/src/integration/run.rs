//! Running the machines, some at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ftp_track_tests::guest::{PLAN, Plan, Report};

use super::emulator::Emulator;
use super::guest::{self, Binaries};
use super::image::Image;
use super::kernel::{Architecture, Kernel};
use super::machine::Machine;
use super::module::Modules;
use super::plan::{self, Extent, Tests};
use super::userland::Userland;
use super::{Options, newc};
use crate::{progress, setup, style, workspace};

/// Files of the repository that tests read: what the verifier's work is compared with, the rules for
/// firewalls, and the unit for systemd.
const FILES: [&str; 3] = [
    "tests/tables/verifier.toml",
    "docs/firewall.md",
    "packaging/ftp-track.service",
];

/// What came of one kernel.
#[derive(Debug)]
pub struct Outcome {
    /// The kernel that was wanted.
    pub kernel: Kernel,
    /// What the machine was to do.
    pub plan: Plan,
    /// What it reported.
    pub report: Option<Report>,
    /// What is wrong.
    pub objections: Vec<String>,
    /// From the start of QEMU to its end.
    pub time: Duration,
}

impl Outcome {
    /// Whether everything that was planned was run and passed.
    pub fn is_good(&self) -> bool {
        self.report.is_some() && self.objections.is_empty()
    }
}

/// What all machines of an architecture share.
struct Parts {
    emulator: Emulator,
    /// Has all network cards; only there if a kernel is to be tried with them.
    with_cards: Option<Emulator>,
    binaries: Binaries,
    userland: newc::Archive,
}

/// Fetches and builds what is needed, and runs a machine for each kernel.
pub fn all(kernels: &[Kernel], options: &Options) -> Result<Vec<Outcome>> {
    let is_wanted = |wanted: &Architecture| kernels.iter().any(|k| k.architecture == *wanted);
    let architectures = [Architecture::Amd64, Architecture::Arm64];
    let architectures: Vec<_> = architectures.into_iter().filter(is_wanted).collect();
    for architecture in &architectures {
        setup::ensure_emulation(*architecture)?;
    }
    let images = progress::during("fetching kernels", || {
        kernels.iter().map(Image::fetch).collect::<Result<Vec<_>>>()
    })?;
    let mut parts = BTreeMap::new();
    for architecture in architectures {
        let mut of_it = kernels.iter().filter(|k| k.architecture == architecture);
        let has_cards = of_it.any(Kernel::has_cards);
        parts.insert(architecture.to_string(), shared(architecture, has_cards)?);
    }
    let tests = tests(parts.get(&Architecture::Amd64.to_string()))?;

    let queue = Mutex::new(kernels.iter().zip(&images).enumerate());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some((index, (kernel, image))) = next(&queue) {
                    let parts = &parts[&kernel.architecture.to_string()];
                    let outcome = one(kernel, image, parts, &tests, options);
                    outcomes
                        .lock()
                        .expect("no thread panics")
                        .push((index, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("no thread panics");
    outcomes.sort_by_key(|(index, _)| *index);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn next<T>(queue: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    queue.lock().expect("no thread panics").next()
}

fn shared(architecture: Architecture, has_cards: bool) -> Result<Parts> {
    let emulator = Emulator::installed(architecture)?;
    let devices = plan::CARDS.map(|card| card.device);
    let with_cards = progress::during("looking for an emulator of network cards", || {
        has_cards.then(|| Emulator::with(&devices)).transpose()
    })?;
    let binaries = Binaries::build(architecture)?;
    let mut userland = newc::Archive::default();
    progress::during(&format!("fetching programs for {architecture}"), || {
        Userland::fetch(architecture)?.add_to(&mut userland)
    })?;
    Ok(Parts {
        emulator,
        with_cards,
        binaries,
        userland,
    })
}

/// The tests that there are; they do not depend on the architecture, but only our own can be asked.
fn tests(parts: Option<&Parts>) -> Result<Tests> {
    let built;
    let binaries = match parts {
        Some(parts) => &parts.binaries,
        None => {
            built = Binaries::build(Architecture::Amd64)?;
            &built
        }
    };
    Ok(Tests {
        tables: guest::tests_of(&binaries.tables)?,
        kernel: guest::tests_of(&binaries.kernel)?,
    })
}

fn one(kernel: &Kernel, image: &Image, parts: &Parts, tests: &Tests, options: &Options) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome {
        kernel: kernel.clone(),
        plan: Plan::default(),
        report: None,
        objections: Vec::new(),
        time: Duration::ZERO,
    };
    anstream::eprintln!("  ... booting {kernel}");
    let extent = options.extent();
    let entrance = boot(&mut outcome, image, parts, tests, extent);
    outcome.time = start.elapsed();
    let time = style::faint(progress::Seconds(outcome.time));
    match (entrance, outcome.is_good()) {
        (Ok(machine), true) => {
            anstream::eprintln!("  {} {kernel} {time}", style::good("ok "));
            if !options.keep {
                let _ = workspace::remove(&machine.folder);
            }
        }
        (Ok(machine), false) => {
            anstream::eprintln!("  {} {kernel} {time}", style::bad("no "));
            for objection in &outcome.objections {
                anstream::eprintln!("      {objection}");
            }
            anstream::eprintln!("      console: {}", machine.log().display());
            let enter = machine.folder.join("enter.sh");
            anstream::eprintln!("      enter it: {}", enter.display());
        }
        (Err(error), _) => {
            anstream::eprintln!("  {} {kernel}: {error:#}", style::bad("no "));
            outcome.objections.push(format!("{error:#}"));
        }
    }
    outcome
}

fn boot(
    outcome: &mut Outcome,
    image: &Image,
    parts: &Parts,
    tests: &Tests,
    extent: Extent,
) -> Result<Machine> {
    let kernel = &outcome.kernel;
    let folder = super::folder().join("run").join(kernel.to_string());
    workspace::remove(&folder)?;
    fs::create_dir_all(&folder)?;
    let modules = Modules::open(&image.modules)?;
    let architecture = kernel.architecture;
    let cards = plan::cards(kernel, &modules);

    let mut own = newc::Archive::default();
    let mut loaded = Vec::new();
    let modules = modules.with_dependencies(&plan::modules(kernel, &cards, &modules))?;
    for module in modules {
        let path = format!("/modules/{}.ko", module.name);
        own.add(&path, module.contents);
        loaded.push(path);
    }
    outcome.plan = plan::plan(kernel, loaded, &cards, tests, extent);
    own.add(PLAN, serde_json::to_vec(&outcome.plan)?);
    let binaries = &parts.binaries;
    for (path, file) in [
        ("init", &binaries.init),
        (plan::TRACKER, &binaries.tracker),
        (plan::TABLES, &binaries.tables),
        (plan::KERNEL, &binaries.kernel),
    ] {
        own.add(path, fs::read(file)?);
    }
    for file in FILES {
        let path = workspace::root().join(file);
        own.add(&path.to_string_lossy(), fs::read(&path)?);
    }

    let emulator = match &parts.with_cards {
        Some(emulator) if !cards.is_empty() => emulator,
        _ => &parts.emulator,
    };
    let machine = Machine {
        emulator: emulator.clone(),
        architecture,
        vmlinuz: image.vmlinuz.clone(),
        initramfs: folder.join("initramfs.cpio"),
        cards,
        folder,
    };
    write(&machine.initramfs, &[&parts.userland, &own])?;
    machine.write_entrance()?;
    match machine.run() {
        Ok(report) => {
            outcome.objections = report.objections(&outcome.plan);
            outcome.report = Some(report);
        }
        Err(error) => outcome.objections.push(format!("{error:#}")),
    }
    Ok(machine)
}

/// The kernel reads archives one after another.
fn write(path: &Path, archives: &[&newc::Archive]) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for archive in archives {
        archive.write(&mut file)?;
    }
    Ok(())
}
