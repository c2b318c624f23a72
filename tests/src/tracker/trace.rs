//! What an instance of ftp-track keeps outside of its process.

use std::fs;
use std::path::{Path, PathBuf};

/// Where ftp-track pins its maps and links, below a folder for each layout and instance.
const PINS: &str = "/sys/fs/bpf/ftp-track";
/// Where it keeps its lock and its socket.
const RUNTIME: &str = "/run/ftp-track";

/// Pins, lock and socket of an instance, as far as they exist; whatever the layout of the pins.
pub fn traces(instance: &str) -> Vec<PathBuf> {
    let mut traces = named(Path::new(PINS), |name| name == instance);
    for layout in folders(Path::new(PINS)) {
        // What is being replaced has a tilde behind its name.
        let is_it = |name: &str| name.trim_end_matches('~') == instance;
        traces.extend(named(&layout, is_it));
    }
    let runtime = |name: &str| {
        name.strip_prefix(instance)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    traces.extend(named(Path::new(RUNTIME), runtime));
    traces
}

/// Removes what an instance left that was killed.
pub(crate) fn remove_traces(instance: &str) {
    for path in traces(instance) {
        let _ = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
    }
}

fn named(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(&wanted))
        .map(|entry| entry.path())
        .collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    named(folder, |_| true)
        .into_iter()
        .filter(|path| path.is_dir())
        .collect()
}
