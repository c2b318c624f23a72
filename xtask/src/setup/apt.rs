//! Packages of Debian and its relatives.

use std::sync::Once;

use anyhow::{Context, Result, ensure};
use ftp_track_tests::process;

use crate::{progress, workspace};

/// Reads the package lists anew, once in a run.
pub(super) fn update() -> Result<()> {
    static UPDATE: Once = Once::new();
    let mut result = Ok(());
    UPDATE.call_once(|| {
        result = progress::during("reading package lists", || {
            let mut apt = process::command("apt-get");
            process::run(apt.args(["update", "--quiet"])).map(drop)
        });
    });
    result
}

/// Installs packages without asking anything and without what they merely recommend.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let by_hand = format!("apt-get install --no-install-recommends {list}");
    ensure!(
        process::find_program("apt-get").is_some(),
        "this system has no apt-get; install what corresponds to Debian's {list}"
    );
    ensure!(
        workspace::is_root(),
        "installing packages needs root; run: sudo {by_hand}"
    );
    update()?;
    progress::during(&format!("installing {list}"), || {
        let mut apt = process::command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(["-o", "DPkg::Lock::Timeout=120"])
            .args(packages);
        process::run(&mut apt)
            .with_context(|| format!("try by hand: {by_hand}"))
            .map(drop)
    })
}

/// Whether the package lists have all of these.
pub(super) fn offers(packages: &[&str]) -> bool {
    packages.iter().all(|package| {
        let mut apt = process::command("apt-cache");
        process::run(apt.env("LC_ALL", "C").args(["policy", package])).is_ok_and(|text| {
            let candidate = text
                .lines()
                .find_map(|line| line.trim().strip_prefix("Candidate: "));
            candidate.is_some_and(|version| version != "(none)")
        })
    })
}
