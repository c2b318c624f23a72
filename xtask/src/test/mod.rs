//! `cargo xtask test`: sets up and runs the groups of tests.

mod group;
mod report;
mod run;

use anyhow::{Result, bail};

use crate::{setup, workspace};

use group::{GROUPS, Group};

/// Names of the groups, for the command line.
pub fn group_names() -> Vec<&'static str> {
    GROUPS.iter().map(|group| group.name).collect()
}

/// Runs the named groups, or all; returns whether all passed.
pub fn run(names: &[String]) -> Result<bool> {
    let is_root = workspace::is_root();
    let named = |group: &&Group| names.is_empty() || names.iter().any(|name| name == group.name);
    let (wanted, without_root): (Vec<_>, Vec<_>) = GROUPS
        .iter()
        .filter(named)
        .partition(|group| is_root || !group.needs_root);
    if let (Some(group), false) = (without_root.first(), names.is_empty()) {
        bail!(
            "the group {} needs root, for network namespaces and BPF programs",
            group.name
        );
    }

    setup::run(setup::Scope::for_this_user())?;
    let binary = workspace::build()?;
    let results: Vec<_> = wanted
        .into_iter()
        .map(|group| (group, run::group(group, &binary)))
        .collect();
    Ok(report::print(&results, &without_root))
}
