//! Pinned links: they hold a program on an interface while no daemon runs, and the next daemon
//! puts its own program into them without a gap.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use aya::{
    programs::{
        ProgramError, ProgramInfo,
        links::{FdLink, LinkError, PinnedLink},
    },
    sys::SyscallError,
};
use nix::errno::Errno;

use super::{Error, clsact, inheritance::Inheritance};
use crate::{cause, map::PinDirectory, syscall};

/// The links' pins, as seen from this network namespace.
#[derive(Debug)]
pub struct Links {
    own: PinDirectory,
    heirlooms: Vec<PinDirectory>,
    namespace: u64,
}

/// The inode of this network namespace. It tells namespaces apart: an interface's index is one of
/// its namespace.
pub fn namespace() -> Result<u64, Error> {
    let file = fs::metadata("/proc/thread-self/ns/net");
    let file = file.map_err(Error::system("the network namespace cannot be told"))?;
    Ok(file.ino())
}

/// Detaches the programs of a directory and removes what is in it.
pub fn clear(directory: &PinDirectory) -> Result<(), Error> {
    if !directory.filters().is_empty() {
        clsact::release(directory, namespace()?, &[]);
    }
    directory.links().iter().for_each(|path| detach(path));
    Ok(directory.remove()?)
}

/// Detaches what a pinned link of ours holds.
fn detach(path: &Path) {
    if let Err(error) = syscall::detach_link(path) {
        // It is detached when its pin has gone, only not at once.
        tracing::debug!("{}: {error}", path.display());
    }
}

impl Links {
    /// Those that were inherited, and ours.
    pub fn new(inheritance: &Inheritance) -> Result<Self, Error> {
        Ok(Self {
            own: inheritance.own.clone(),
            heirlooms: inheritance.heirlooms().cloned().collect(),
            namespace: namespace()?,
        })
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        self.own
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }

    /// Notes a filter or a qdisc of ours, which cannot be pinned.
    pub fn note(&self, hook: &str, interface: u32) -> Result<(), Error> {
        Ok(self.own.note(&self.name(hook, interface))?)
    }

    /// Takes over what is noted elsewhere.
    pub fn adopt_notes(&self) -> Result<(), Error> {
        for note in self.heirlooms.iter().flat_map(PinDirectory::filters) {
            if let Some(name) = note.file_name().and_then(|name| name.to_str()) {
                self.own.note(name)?;
            }
        }
        Ok(())
    }

    /// The name of a link's pin. Interfaces are told apart by index, which a renaming leaves.
    fn name(&self, hook: &str, interface: u32) -> String {
        format!("{hook}-{interface}-{}", self.namespace)
    }

    /// That a link cannot be used.
    pub fn failed(
        &self,
        hook: &str,
        interface: u32,
        error: &(dyn std::error::Error + 'static),
    ) -> Error {
        Error::Link {
            path: self.own.link(&self.name(hook, interface)),
            reason: cause::chain(error),
        }
    }

    /// Whether anything on the interface was inherited.
    pub fn has(&self, interface: u32) -> bool {
        let end = format!("-{interface}-{}", self.namespace);
        let is_it = |path: PathBuf| path.to_str().is_some_and(|path| path.ends_with(&end));
        self.heirlooms
            .iter()
            .flat_map(PinDirectory::links)
            .any(is_it)
    }

    /// The inherited link of a hook (`xdp`, say) on an interface.
    pub fn find(&self, hook: &str, interface: u32) -> Result<Option<FdLink>, Error> {
        let name = self.name(hook, interface);
        for directory in &self.heirlooms {
            let path = directory.link(&name);
            if path.exists() {
                return open(&path, &program_ids(directory)).map(Some);
            }
        }
        Ok(None)
    }

    /// The id of the program that an inherited link holds.
    pub fn program(&self, hook: &str, interface: u32) -> Option<u32> {
        let link = self.find(hook, interface).ok()??;
        Some(link.info().ok()?.program_id())
    }

    /// Pins a link of ours, unless it is the one that is pinned there already.
    pub fn keep(&self, hook: &str, interface: u32, link: FdLink) -> Result<(), Error> {
        let path = self.own.link(&self.name(hook, interface));
        if path.exists() {
            return Ok(());
        }
        let pinned = link.pin(&path);
        pinned.map(drop).map_err(|error| Error::Link {
            path,
            reason: cause::chain(&error),
        })
    }

    /// Why a link of ours holds its program on the interface no more; none where it does.
    pub fn lost(&self, hook: &str, interface: u32) -> Option<String> {
        let path = self.own.link(&self.name(hook, interface));
        match syscall::link_interface(&path) {
            Ok(0) => Some("somebody has detached its link".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("its pin {} has gone", path.display()))
            }
            Ok(_) => None,
            Err(error) => {
                tracing::debug!("{}: {error}", path.display());
                None
            }
        }
    }

    /// Lets go of a link; the program is detached where the interface still exists.
    pub fn remove(&self, hook: &str, interface: u32) -> Result<(), Error> {
        let name = self.name(hook, interface);
        for directory in &self.heirlooms {
            let path = directory.link(&name);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    let reason = source.to_string();
                    return Err(Error::Link { path, reason });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets go of all links of ours that are not among `used` (hook and interface).
    pub fn retain(&self, used: &[(&str, u32)]) {
        if !self.own.filters().is_empty() {
            clsact::release(&self.own, self.namespace, used);
        }
        let used: Vec<String> = used
            .iter()
            .map(|(hook, interface)| self.name(hook, *interface))
            .collect();
        for path in self.own.links() {
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| used.iter().any(|used| used == name)) {
                continue;
            }
            detach(&path);
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!("{}: {error}", path.display());
            }
        }
    }
}

/// Opens a link, and makes sure that it holds one of the pinned programs.
fn open(path: &Path, programs: &[u32]) -> Result<FdLink, Error> {
    let failed = |reason: String| Error::Link {
        path: path.to_owned(),
        reason,
    };
    let link =
        PinnedLink::from_pin(path).map_err(|error: LinkError| failed(cause::chain(&error)))?;
    let link = FdLink::from(link);
    let info = link.info().map_err(|error| failed(cause::chain(&error)))?;
    let program = info.program_id();
    if !programs.contains(&program) {
        return Err(failed(format!(
            "it holds program {program}, which is none of the programs pinned beside it"
        )));
    }
    Ok(link)
}

/// Ids of the programs that are pinned in a directory.
fn program_ids(directory: &PinDirectory) -> Vec<u32> {
    let id = |path| Some(ProgramInfo::from_pin(path).ok()?.id());
    directory.programs().into_iter().filter_map(id).collect()
}

/// Whether a link cannot be updated because its interface is gone (`ENOLINK`).
pub fn is_dead(error: &ProgramError) -> bool {
    match error {
        ProgramError::SyscallError(SyscallError { io_error, .. }) => {
            io_error.raw_os_error() == Some(Errno::ENOLINK as i32)
        }
        _ => false,
    }
}
