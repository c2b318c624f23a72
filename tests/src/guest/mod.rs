//! What the host tells a virtual machine, and what the machine tells the host.
//!
//! The host puts a [`Plan`] into the machine's initial RAM file system. The machine's first process
//! follows it and writes one line with a [`Report`] to the console, behind [`MARK`]. Only that line
//! counts; everything else on the console is for a person.

mod libtest;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use libtest::Count;

/// Begins the line with the report.
pub const MARK: &str = "ftp-track-guest: ";
/// Where the plan is in the machine.
pub const PLAN: &str = "/plan.json";
/// On the kernel's command line: give the console a shell instead of following the plan.
pub const SHELL: &str = "ftp_track.shell";
/// A variable that is set where one transfer of each kind is enough.
pub const BRIEF: &str = "FTP_TRACK_BRIEF";
/// Begins a line that says that the machine is alive, at least every [`PULSE_SECONDS`].
pub const PULSE: &str = "ftp-track-guest at work:";
/// How often, in seconds.
pub const PULSE_SECONDS: u64 = 15;

/// What a machine is to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Paths of kernel modules, each after those that it needs.
    pub modules: Vec<String>,
    /// Test binaries, one after another.
    pub steps: Vec<Step>,
}

/// A test binary with its arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What the report calls it.
    pub name: String,
    /// The network driver that it is about.
    pub driver: String,
    /// Path of the binary in the machine.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// It is run as a service: from here on, systemd is the first process.
    pub managed: bool,
    /// Variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// How many tests it has to run.
    pub tests: u32,
    /// How long it may go without a line of output, in seconds.
    pub silence: u64,
}

/// What came of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The running kernel, as `uname -r` says it.
    pub release: String,
    /// Each step, in the order of the plan.
    pub steps: Vec<StepReport>,
    /// What went wrong beside the steps.
    pub problems: Vec<String>,
}

/// What came of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its name in the plan.
    pub name: String,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// How long it took.
    pub seconds: f32,
    /// Instructions that the kernel's verifier went through, by program.
    pub verified: BTreeMap<String, u32>,
    /// Why it does not count although no test failed.
    pub problem: Option<String>,
}

impl Report {
    /// Reads a console line, if it is the one with the report.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix(MARK)?).ok()
    }

    /// What speaks against the report as the answer to `plan`; empty if all is well.
    pub fn objections(&self, plan: &Plan) -> Vec<String> {
        let mut objections = self.problems.clone();
        let names = |steps: Vec<&str>| steps.join(", ");
        let wanted = names(plan.steps.iter().map(|step| &*step.name).collect());
        let done = names(self.steps.iter().map(|step| &*step.name).collect());
        if wanted != done {
            objections.push(format!("the steps {wanted} were wanted, {done} were run"));
        }
        for (step, report) in plan.steps.iter().zip(&self.steps) {
            let name = &step.name;
            if let Some(problem) = &report.problem {
                objections.push(format!("{name}: {problem}"));
            }
            if report.failed > 0 {
                objections.push(format!("{name}: {} tests failed", report.failed));
            }
            let run = report.passed + report.failed;
            if run != step.tests {
                objections.push(format!("{name}: {run} tests were run of {}", step.tests));
            }
        }
        objections
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let step = Step {
            name: "tables".to_owned(),
            driver: "veth".to_owned(),
            program: "/tables".to_owned(),
            arguments: Vec::new(),
            managed: false,
            environment: BTreeMap::new(),
            tests: 3,
            silence: 60,
        };
        Plan {
            modules: Vec::new(),
            steps: vec![step],
        }
    }

    fn report(passed: u32, failed: u32) -> Report {
        let step = StepReport {
            name: "tables".to_owned(),
            passed,
            failed,
            ..StepReport::default()
        };
        Report {
            steps: vec![step],
            ..Report::default()
        }
    }

    #[test]
    fn what_was_planned_and_passed_is_beyond_objection() {
        assert_eq!(report(3, 0).objections(&plan()), Vec::<String>::new());
    }

    #[test]
    fn too_few_tests_no_steps_and_problems_are_objected_to() {
        for (report, expect) in [
            (report(2, 0), "tables: 2 tests were run of 3"),
            (report(0, 0), "tables: 0 tests were run of 3"),
            (report(2, 1), "tables: 1 tests failed"),
            (Report::default(), "the steps tables were wanted,  were run"),
            (
                Report {
                    problems: vec!["no veth".to_owned()],
                    ..report(3, 0)
                },
                "no veth",
            ),
        ] {
            let objections = report.objections(&plan());
            assert_eq!(objections, [expect], "{report:?}");
        }
    }

    #[test]
    fn only_a_marked_and_whole_line_is_a_report() {
        let report = report(3, 0);
        let json = serde_json::to_string(&report).expect("JSON");
        assert_eq!(Report::read(&format!("{MARK}{json}")), Some(report));
        assert_eq!(Report::read(&json), None);
        assert_eq!(Report::read(&format!("{MARK}{}", &json[..20])), None);
    }
}
