//! Where an instance's maps, programs and links are pinned.

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

/// Links are pinned here, below the instance's directory.
const LINKS: &str = "links";
/// Programs are pinned here, below the instance's directory.
const PROGRAMS: &str = "programs";
/// For each filter that cannot be pinned there is a directory here.
const FILTERS: &str = "filters";
/// What is replaced waits under the instance's name with this behind it, which no name has.
const ASIDE: &str = "~";

/// The directory of one instance: `/sys/fs/bpf/ftp-track/v<layout>/<name>`. The layout's version
/// is in it, so that no build takes another build's maps for its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinDirectory {
    path: PathBuf,
    version: u32,
}

impl PinDirectory {
    /// The directory of `name`, whether it is there or not.
    pub fn of(name: &Name) -> Self {
        Self::of_version(name.as_str(), layout::VERSION)
    }

    fn of_version(name: &str, version: u32) -> Self {
        Self {
            path: Self::root().join(format!("v{version}")).join(name),
            version,
        }
    }

    fn root() -> PathBuf {
        Path::new(BPFFS).join("ftp-track")
    }

    /// The directories of `name` that exist, of every version of the layout, and what was set
    /// aside of them.
    pub fn all(name: &Name) -> Vec<Self> {
        let entries = fs::read_dir(Self::root()).into_iter().flatten().flatten();
        let mut versions: Vec<u32> = entries
            .filter_map(|entry| version_of(&entry.file_name()))
            .collect();
        versions.sort_unstable();
        let aside = format!("{name}{ASIDE}");
        let of_version =
            |version| [name.as_str(), &aside].map(|name| Self::of_version(name, version));
        let directories = versions.into_iter().flat_map(of_version);
        directories
            .filter(|directory| directory.path.is_dir())
            .collect()
    }

    /// The instances that have pins of this layout.
    pub fn names() -> Vec<Name> {
        let parent = Self::root().join(format!("v{}", layout::VERSION));
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
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

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version of the layout.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether it is `name`'s, and not set aside.
    pub fn is_of(&self, name: &Name) -> bool {
        self.path.ends_with(name.as_str())
    }

    /// Whether there are the pins of a tracker.
    pub fn exists(&self) -> bool {
        self.path.join(layout::SESSIONS).exists()
    }

    /// The path of a map's pin.
    pub fn map(&self, map: &str) -> PathBuf {
        self.path.join(map)
    }

    /// The path of a program's pin.
    pub fn program(&self, program: &str) -> PathBuf {
        self.path.join(PROGRAMS).join(program)
    }

    /// Gives a program's pin another name, in the place of what had it; false if there is none.
    pub fn rename_program(&self, from: &str, to: &str) -> Result<bool, Error> {
        let path = self.program(from);
        match fs::rename(&path, self.program(to)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// Removes the pins of all programs but these.
    pub fn retain_programs(&self, names: &[&str]) -> Result<(), Error> {
        for path in self.programs() {
            if !names.iter().any(|name| path.ends_with(name)) {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            }
        }
        Ok(())
    }

    /// The paths of the programs' pins.
    pub fn programs(&self) -> Vec<PathBuf> {
        files(&self.path.join(PROGRAMS))
    }

    /// The path of a link's pin.
    pub fn link(&self, link: &str) -> PathBuf {
        self.path.join(LINKS).join(link)
    }

    /// The paths of the links' pins.
    pub fn links(&self) -> Vec<PathBuf> {
        files(&self.path.join(LINKS))
    }

    /// The path of the note for a filter.
    pub fn filter(&self, filter: &str) -> PathBuf {
        self.path.join(FILTERS).join(filter)
    }

    /// The paths of the notes for filters.
    pub fn filters(&self) -> Vec<PathBuf> {
        files(&self.path.join(FILTERS))
    }

    /// Makes the note for a filter.
    pub fn note(&self, filter: &str) -> Result<(), Error> {
        let path = self.filter(filter);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(&path, error)),
            _ => Ok(()),
        }
    }

    /// Removes the note for a filter.
    pub fn forget(note: &Path) {
        _ = fs::remove_dir(note);
    }

    /// The instance's name.
    pub fn instance(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        name.trim_end_matches(ASIDE).to_owned()
    }

    /// Opens the map called `name`.
    pub fn open(&self, name: &'static str) -> Result<Map, Error> {
        let path = self.map(name);
        MapData::from_pin(&path)
            .and_then(Map::from_map_data)
            .map_err(|source| Error::Unreadable { path, source })
    }

    /// Makes the directory and those in it.
    pub fn create(&self) -> Result<(), Error> {
        for below in [LINKS, PROGRAMS, FILTERS] {
            let path = self.path.join(below);
            // Another instance may be removing the empty parents at this moment.
            let mut made = fs::create_dir_all(&path);
            for _ in 0..3 {
                if made.is_err() {
                    made = fs::create_dir_all(&path);
                }
            }
            made.map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    /// Removes the pins and, where they are empty then, the directories. The links go first: the
    /// programs are detached by that.
    pub fn remove(&self) -> Result<(), Error> {
        if !self.path.exists() {
            return Ok(());
        }
        self.filters().iter().for_each(|note| Self::forget(note));
        for below in [LINKS, FILTERS, PROGRAMS] {
            remove_all(&self.path.join(below))?;
        }
        self.remove_maps()?;
        remove_all(&self.path)?;
        for parent in self.path.ancestors().skip(1).take(2) {
            if fs::remove_dir(parent).is_err() {
                // Other instances live there.
                break;
            }
        }
        Ok(())
    }

    /// Removes the maps' pins.
    pub fn remove_maps(&self) -> Result<(), Error> {
        for path in files(&self.path) {
            if !path.is_dir() {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            }
        }
        Ok(())
    }

    /// Moves what lies there out of the way; where it is then.
    pub fn set_aside(&self) -> Result<Self, Error> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(ASIDE);
        let aside = Self {
            path: self.path.with_file_name(name),
            version: self.version,
        };
        aside.remove()?;
        fs::rename(&self.path, &aside.path).map_err(|error| failed(&self.path, error))?;
        Ok(aside)
    }

    /// Undoes [`Self::set_aside`].
    pub fn bring_back(&self, aside: &Self) -> Result<(), Error> {
        self.remove()?;
        fs::rename(&aside.path, &self.path).map_err(|error| failed(&aside.path, error))
    }

    /// Pins the map called `name` of a loaded object.
    pub fn add(&self, ebpf: &Ebpf, name: &'static str) -> Result<(), Error> {
        let map = ebpf.map(name).ok_or(Error::Missing { name })?;
        map.pin(self.map(name))
            .map_err(|source| Error::Unpinned { name, source })
    }
}

fn version_of(name: &std::ffi::OsStr) -> Option<u32> {
    name.to_str()?.strip_prefix('v')?.parse().ok()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Removes a directory and the files in it.
fn remove_all(directory: &Path) -> Result<(), Error> {
    for path in files(directory) {
        if !path.is_dir() {
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
    }
    match fs::remove_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(directory, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Directory {
        path: path.to_owned(),
        source,
    }
}
