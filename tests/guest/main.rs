//! The first process of a virtual machine: makes a system of what is there, follows the plan that
//! the host has left, and says what came of it.

mod console;
mod end;
mod manager;
mod system;
mod work;

use std::fs;
use std::process::{self, Command};

use anyhow::{Context, Result};
use ftp_track_tests::guest::{PLAN, Plan, Report, SHELL};

fn main() {
    let mut report = Report::default();
    let done = match process::id() {
        1 => follow(&mut report),
        _ => finish(&mut report),
    };
    if let Err(error) = done {
        report.problems.push(format!("{error:#}"));
    }
    console::report(&report);
    end::end(&report);
}

fn follow(report: &mut Report) -> Result<()> {
    system::mount()?;
    report.release = fs::read_to_string("/proc/sys/kernel/osrelease")?
        .trim()
        .to_owned();
    let plan = plan()?;
    system::load_modules(&plan.modules)?;
    system::loopback()?;
    if fs::read_to_string("/proc/cmdline")?.contains(SHELL) {
        return shell(&plan);
    }
    for step in &plan.steps {
        if step.managed {
            manager::hand_over(report)?;
        }
        report.steps.push(work::step(step));
    }
    Ok(())
}

/// As a service: the steps that are left.
fn finish(report: &mut Report) -> Result<()> {
    *report = manager::resume()?;
    for step in plan()?.steps.iter().skip(report.steps.len()) {
        report.steps.push(work::step(step));
    }
    Ok(())
}

fn plan() -> Result<Plan> {
    let plan = fs::read(PLAN).with_context(|| format!("no {PLAN}"))?;
    serde_json::from_slice(&plan).context("the plan is no plan")
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
