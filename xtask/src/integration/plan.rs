//! What each machine is told to do.

use std::collections::BTreeMap;

use ftp_track_tests::guest::{BRIEF, Plan, Step};
use ftp_track_tests::{lab::CARDS as CARDS_VARIABLE, tracker};

use super::kernel::{Duty, Flavour, Kernel};
use super::module::Modules;

/// How long one test may take, in seconds: none takes a minute where the processor is not shared.
const SILENCE: u64 = 15 * 60;

/// Where the binaries are in a machine.
pub const TRACKER: &str = "/usr/bin/ftp-track";
pub const TABLES: &str = "/tests/tables";
pub const KERNEL: &str = "/tests/kernel";

/// The virtual cable that the labs use anyhow.
const VETH: &str = "veth";
/// Modules that every machine loads.
const MODULES: &[&str] = &[
    "veth",
    "nf_conntrack",
    "nf_nat",
    "nf_tables",
    "nft_ct",
    "nft_chain_nat",
    "nft_masq",
    "sch_ingress",
    "cls_bpf",
    "8021q",
];
/// Those for links without Ethernet, which cloud kernels have only in part.
const LINK_MODULES: &[&str] = &["wireguard", "ppp_async"];
/// Those that only some kernels have: others have what is in them elsewhere.
const SOME_MODULES: &[&str] = &["nft_objref"];

/// A network card that QEMU emulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// The driver's module in Linux.
    pub driver: &'static str,
    /// The name in QEMU.
    pub device: &'static str,
}

/// Those that are tried, where the kernel has them. e1000e has no XDP: its programs are run in generic mode.
pub const CARDS: [Card; 4] = [
    Card {
        driver: "virtio_net",
        device: "virtio-net-pci",
    },
    Card {
        driver: "igb",
        device: "igb",
    },
    Card {
        driver: "vmxnet3",
        device: "vmxnet3",
    },
    Card {
        driver: "e1000e",
        device: "e1000e",
    },
];

/// Names of the tests in the binaries.
#[derive(Debug, Clone, Default)]
pub struct Tests {
    /// Of the tables.
    pub tables: Vec<String>,
    /// Of what differs from kernel to kernel.
    pub kernel: Vec<String>,
}

impl Tests {
    /// Those of `kernel` in one of its modules, or outside of all that are named.
    fn of(&self, modules: &[&str], inside: bool) -> Vec<String> {
        let names = self.kernel.iter();
        names
            .filter(|name| is_of(name, modules) == inside)
            .cloned()
            .collect()
    }
}

/// Modules of `tests/kernel` that are for certain machines only.
const REFUSAL: &str = "refusal";
const DRIVER: &str = "driver";
/// Needs systemd.
const SERVICE: &str = "service";
/// Needs what generic kernels have.
const LAYER3: &str = "layer3";

/// How much of the tests a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that its kernel and its cards can do.
    Whole,
    /// Most of the tables, and of the transfers one of each kind.
    Brief,
}

/// Tests that a brief run leaves out, because emulation is slow: they try much of the same, or fill maps
/// and have the programs verified anew for that.
const LONG: [&str; 5] = [
    "fuzz",
    "capacity",
    "exhaustion",
    "transfer::vlan",
    "transfer::vlan_bypassed",
];
/// Of the tables, what a generic kernel runs. It is the cloud kernel of its line with another
/// configuration: that decides what can be loaded and attached, and not what the programs do then.
const LOADING: [&str; 2] = ["verifier", "conntrack"];

/// Whether a name is in one of the modules, or of a test of that name.
fn is_of(name: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| {
        let rest = name.strip_prefix(module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

impl Extent {
    fn tables(self, flavour: Flavour, tests: &Tests) -> Vec<String> {
        let wanted = |name: &&String| match flavour {
            Flavour::Generic => is_of(name, &LOADING),
            Flavour::Cloud => self == Self::Whole || !is_of(name, &LONG),
        };
        tests.tables.iter().filter(wanted).cloned().collect()
    }

    fn kernel(self, flavour: Flavour, tests: &Tests) -> Vec<String> {
        let mut names = tests.of(&[REFUSAL, DRIVER, SERVICE], false);
        names.retain(|name| flavour == Flavour::Generic || !is_of(name, &[LAYER3]));
        names.retain(|name| self == Self::Whole || !is_of(name, &LONG));
        names
    }
}

/// The cards for a kernel: those for which it has drivers.
pub fn cards(kernel: &Kernel, modules: &Modules) -> Vec<Card> {
    let is_there = |card: &Card| kernel.has_cards() && modules.has(card.driver);
    CARDS.into_iter().filter(is_there).collect()
}

/// The modules to load, beside what they need.
pub fn modules(kernel: &Kernel, cards: &[Card], available: &Modules) -> Vec<&'static str> {
    if kernel.duty == Duty::Refuse {
        return Vec::new();
    }
    let mut names = MODULES.to_vec();
    if kernel.flavour == Flavour::Generic {
        names.extend(LINK_MODULES);
    }
    names.extend(SOME_MODULES.iter().filter(|name| available.has(name)));
    if !cards.is_empty() {
        names.push("virtio_pci");
    }
    names.extend(cards.iter().map(|card| card.driver));
    names
}

/// The steps.
pub fn plan(
    kernel: &Kernel,
    modules: Vec<String>,
    cards: &[Card],
    tests: &Tests,
    extent: Extent,
) -> Plan {
    let mut steps = Vec::new();
    if kernel.duty == Duty::Refuse {
        steps.push(exact("refusal", VETH, KERNEL, tests.of(&[REFUSAL], true)));
        return Plan { modules, steps };
    }
    let tables = extent.tables(kernel.flavour, tests);
    steps.push(exact("tables", VETH, TABLES, tables));
    let mut step = exact("kernel", VETH, KERNEL, extent.kernel(kernel.flavour, tests));
    if extent == Extent::Brief || kernel.flavour == Flavour::Generic {
        step.environment.insert(BRIEF.to_owned(), "1".to_owned());
    }
    steps.push(step);
    for card in cards {
        let mut step = exact(card.driver, card.driver, KERNEL, tests.of(&[DRIVER], true));
        step.environment
            .insert(CARDS_VARIABLE.to_owned(), card.driver.to_owned());
        steps.push(step);
    }
    if kernel.flavour == Flavour::Cloud {
        // The last one: there is no way back.
        let step = exact("systemd", VETH, KERNEL, tests.of(&[SERVICE], true));
        steps.push(Step {
            managed: true,
            ..step
        });
    }
    Plan { modules, steps }
}

/// A step of exactly these tests, with their output: what the verifier counted is in it.
fn exact(name: &str, driver: &str, program: &str, tests: Vec<String>) -> Step {
    let count = u32::try_from(tests.len()).unwrap_or(u32::MAX);
    let options = ["--exact", "--test-threads=1", "--show-output"];
    let arguments = options.map(str::to_owned).into_iter().chain(tests);
    Step {
        arguments: arguments.collect(),
        ..step(name, driver, program, count)
    }
}

fn step(name: &str, driver: &str, program: &str, tests: u32) -> Step {
    let environment = [(tracker::VARIABLE, TRACKER), ("RUST_BACKTRACE", "0")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Step {
        name: name.to_owned(),
        driver: driver.to_owned(),
        program: program.to_owned(),
        arguments: Vec::new(),
        managed: false,
        environment: BTreeMap::from(environment),
        tests,
        silence: SILENCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::kernel;

    fn tests() -> Tests {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Tests {
            tables: owned(&["verifier::instructions", "flow::life", "fuzz::sessions"]),
            kernel: owned(&[
                "refusal::old",
                "driver::vlan",
                "transfer::a",
                "transfer::vlan",
                "layer3::ppp",
                "service::whole",
            ]),
        }
    }

    fn steps(line: &str, cards: &[Card], extent: Extent) -> Vec<(String, u32)> {
        let all = kernel::all().into_iter();
        let mut named = all.filter(|kernel| kernel.to_string() == line);
        let kernel = named.next().expect("a kernel of the matrix");
        let plan = plan(&kernel, Vec::new(), cards, &tests(), extent);
        let steps = plan.steps.into_iter();
        steps.map(|step| (step.name, step.tests)).collect()
    }

    #[test]
    fn each_test_is_run_where_it_belongs() {
        let named = |name: &str, tests| (name.to_owned(), tests);
        for (line, cards, extent, expect) in [
            (
                "5.10-cloud-amd64",
                &[][..],
                Extent::Whole,
                &[named("refusal", 1)][..],
            ),
            (
                "6.1-cloud-amd64",
                &[],
                Extent::Whole,
                &[named("tables", 3), named("kernel", 2), named("systemd", 1)],
            ),
            (
                "6.1-cloud-amd64",
                &[],
                Extent::Brief,
                &[named("tables", 2), named("kernel", 1), named("systemd", 1)],
            ),
            (
                "6.1-amd64",
                &CARDS[..1],
                Extent::Whole,
                &[
                    named("tables", 1),
                    named("kernel", 3),
                    named("virtio_net", 1),
                ],
            ),
        ] {
            assert_eq!(steps(line, cards, extent), expect, "{line} {extent:?}");
        }
    }
}
