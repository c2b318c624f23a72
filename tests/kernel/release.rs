//! The running kernel's version.

use std::fs;

/// Major and minor version.
pub type Version = (u32, u32);

/// That of the running kernel.
pub fn running() -> Version {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("procfs");
    parse(&release).unwrap_or_else(|| panic!("no version: {release}"))
}

fn parse(release: &str) -> Option<Version> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
