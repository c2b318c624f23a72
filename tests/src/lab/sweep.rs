//! Names of labs, and removing labs by name.
//!
//! A lab's name carries the process id of its maker, so a later run can tell whose lab is left over.

use std::fs;
use std::path::{Path, PathBuf};

use super::namespace::{DIRECTORY, Namespace};
use crate::tracker;

const PREFIX: &str = "ftplab-";

/// The name of the `count`th lab of a process.
pub(super) fn name(maker: u32, count: u32) -> String {
    format!("{PREFIX}{maker}-{count}")
}

/// The work folder of a lab.
pub(super) fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

/// The process id of a lab's maker, from the name of the lab or of one of its namespaces.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

/// Names of all labs on this machine that have a namespace or a folder and whose maker `wanted`.
fn labs(wanted: impl Fn(u32) -> bool) -> Vec<String> {
    let mut labs: Vec<String> = [Path::new(DIRECTORY), &std::env::temp_dir()]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| maker(name).is_some_and(&wanted))
        // "ftplab-12-0-client" is a part of "ftplab-12-0".
        .map(|name| name.split('-').take(3).collect::<Vec<_>>().join("-"))
        .collect();
    labs.sort();
    labs.dedup();
    labs
}

/// Removes one lab with everything in it; parts that do not exist are passed over.
pub(super) fn remove(lab: &str) {
    // ftp-track in the gateway goes first, while its interfaces are still there to detach from.
    for host in ["gateway", "server", "client", "wire"] {
        Namespace::named(format!("{lab}-{host}")).delete();
    }
    tracker::remove_traces(lab);
    let _ = fs::remove_dir_all(folder(lab));
}

/// Removes labs whose maker has ended without removing them.
pub fn remove_stale() {
    let ended = |maker| !Path::new(&format!("/proc/{maker}")).exists();
    labs(ended).iter().for_each(|lab| remove(lab));
}

/// Removes every lab that this process has made; for a signal handler's thread.
pub fn remove_own() {
    let own = std::process::id();
    labs(|maker| maker == own)
        .iter()
        .for_each(|lab| remove(lab));
}
