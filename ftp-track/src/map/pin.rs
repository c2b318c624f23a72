//! Where an instance's maps are pinned.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aya::{
    Ebpf,
    maps::{Map, MapData},
};
use ftp_track_common::layout;
use nix::sys::statfs::{BPF_FS_MAGIC, statfs};

use super::Error;
use crate::instance::Name;

/// The bpf file system.
pub const BPFFS: &str = "/sys/fs/bpf";

/// The directory of one instance: `/sys/fs/bpf/ftp-track/v<layout>/<name>`. The layout's version
/// is in it, so that no build takes another build's maps for its own.
#[derive(Clone, Debug)]
pub struct PinDirectory {
    path: PathBuf,
}

impl PinDirectory {
    /// The directory of `name`, whether it is there or not.
    pub fn of(name: &Name) -> Self {
        Self {
            path: Self::parent().join(name.as_str()),
        }
    }

    fn parent() -> PathBuf {
        Path::new(BPFFS).join(format!("ftp-track/v{}", layout::VERSION))
    }

    /// The instances that have pins.
    pub fn names() -> Vec<Name> {
        let entries = fs::read_dir(Self::parent()).into_iter().flatten().flatten();
        let mut names: Vec<Name> = entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        names.sort();
        names
    }

    /// Fails unless the bpf file system is mounted and seen from here.
    pub fn check_bpffs() -> Result<(), Error> {
        match statfs(BPFFS) {
            Ok(status) if status.filesystem_type() == BPF_FS_MAGIC => Ok(()),
            _ => Err(Error::NoBpffs),
        }
    }

    /// Whether there are pins.
    pub fn exists(&self) -> bool {
        self.path.join(layout::SESSIONS).exists()
    }

    /// The path of a map's pin.
    fn pin(&self, map: &str) -> PathBuf {
        self.path.join(map)
    }

    /// Opens the map called `name`.
    pub fn open(&self, name: &'static str) -> Result<Map, Error> {
        let path = self.pin(name);
        MapData::from_pin(&path)
            .and_then(Map::from_map_data)
            .map_err(|source| Error::Unreadable { path, source })
    }

    /// Removes the pins and, where they are empty then, the directories.
    fn remove(&self) -> Result<(), Error> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(&self.path, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| failed(&self.path, error))?.path();
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
        fs::remove_dir(&self.path).map_err(|error| failed(&self.path, error))?;
        for parent in self.path.ancestors().skip(1).take(2) {
            if fs::remove_dir(parent).is_err() {
                // Other instances live there.
                break;
            }
        }
        Ok(())
    }
}

/// The pins of a running daemon. Dropping it removes them.
#[derive(Debug)]
pub struct Pins {
    directory: PinDirectory,
}

impl Pins {
    /// Makes the directory, empty. What a dead daemon left there is removed; the answer says
    /// whether there was anything.
    pub fn create(directory: PinDirectory) -> Result<(Self, bool), Error> {
        let stale = directory.exists();
        directory.remove()?;
        let path = &directory.path;
        // Another instance may be removing the empty parents at this moment.
        let mut made = fs::create_dir_all(path);
        for _ in 0..3 {
            if made.is_err() {
                made = fs::create_dir_all(path);
            }
        }
        made.map_err(|error| failed(path, error))?;
        Ok((Self { directory }, stale))
    }

    /// The directory.
    pub fn directory(&self) -> &PinDirectory {
        &self.directory
    }

    /// Pins the map called `name` of a loaded object.
    pub fn add(&self, ebpf: &Ebpf, name: &'static str) -> Result<(), Error> {
        let map = ebpf.map(name).ok_or(Error::Missing { name })?;
        map.pin(self.directory.pin(name))
            .map_err(|source| Error::Unpinned { name, source })
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        if let Err(error) = self.directory.remove() {
            tracing::warn!("the pins cannot be removed: {error}");
        }
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Directory {
        path: path.to_owned(),
        source,
    }
}
