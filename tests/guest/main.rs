//! The first process of a virtual machine: makes a system of what is there, follows the plan that
//! the host has left, and says what came of it.

mod console;
mod end;
mod system;
mod work;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use ftp_track_tests::guest::{PLAN, Plan, Report, SHELL};

fn main() {
    let mut report = Report::default();
    match follow(&mut report) {
        Ok(()) => {}
        Err(error) => report.problems.push(format!("{error:#}")),
    }
    console::report(&report);
    end::end(&report);
}

fn follow(report: &mut Report) -> Result<()> {
    system::mount()?;
    report.release = fs::read_to_string("/proc/sys/kernel/osrelease")?
        .trim()
        .to_owned();
    let plan = fs::read(PLAN).with_context(|| format!("no {PLAN}"))?;
    let plan: Plan = serde_json::from_slice(&plan).context("the plan is no plan")?;
    system::load_modules(&plan.modules)?;
    system::loopback()?;
    if fs::read_to_string("/proc/cmdline")?.contains(SHELL) {
        return shell(&plan);
    }
    for step in &plan.steps {
        report.steps.push(work::step(step));
    }
    Ok(())
}

/// For a person: what the plan would have run, and a shell.
fn shell(plan: &Plan) -> Result<()> {
    println!("The steps of this machine's plan:");
    for step in &plan.steps {
        println!("  {} {}", step.program, step.arguments.join(" "));
    }
    println!("The machine ends with the shell.");
    let mut shell = Command::new("/bin/busybox");
    shell.args(["setsid", "-c", "/bin/busybox", "sh"]);
    shell.env("PATH", system::PATH).env("PS1", "guest# ");
    shell.envs(
        plan.steps
            .first()
            .map(|step| &step.environment)
            .into_iter()
            .flatten(),
    );
    shell.status().context("no shell")?;
    Ok(())
}
