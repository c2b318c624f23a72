//! What an earlier daemon of the same name left, and what becomes of it.

use ftp_track_common::layout;

use super::{Error, pinned::clear};
use crate::{
    config::Rooms,
    instance::Name,
    map::{self, PinDirectory},
};

/// What an earlier daemon left. Nothing of it is removed before ours is at work, so that there is
/// no moment without one of them.
#[derive(Debug)]
pub struct Inheritance {
    /// Our own directory.
    pub own: PinDirectory,
    /// Whether the maps in it are taken over.
    pub maps: bool,
    /// Directories whose links are of use, and that go when ours are at work.
    pub leftover: Vec<PinDirectory>,
    set_aside: Option<PinDirectory>,
}

impl Inheritance {
    /// Looks at what there is. With `replace`, maps that do not match are given up; else they are
    /// an error that says what they are and the ways out.
    pub fn look(name: &Name, rooms: Rooms, replace: bool) -> Result<Self, Error> {
        let own = PinDirectory::of(name);
        let refused = |reason: String| Error::Mismatch {
            name: name.clone(),
            reason,
        };
        let mut leftover = Vec::new();
        for found in PinDirectory::all(name) {
            if found == own {
                continue;
            }
            if found.is_of(name) && found.exists() && !replace {
                return Err(refused(format!(
                    "{} has pins of layout {}, which are at work; this ftp-track has layout {}",
                    found.path().display(),
                    found.version(),
                    layout::VERSION
                )));
            }
            leftover.push(found);
        }
        let mut inheritance = Self {
            maps: own.exists(),
            leftover,
            set_aside: None,
            own,
        };
        if inheritance.maps {
            match map::check(&inheritance.own, rooms) {
                Ok(()) => {}
                Err(_) if replace => inheritance.set_aside()?,
                Err(error) => return Err(refused(error.to_string())),
            }
        } else {
            // A start that was cut off.
            inheritance.own.remove_maps()?;
        }
        Ok(inheritance)
    }

    fn set_aside(&mut self) -> Result<(), Error> {
        let aside = self.own.set_aside()?;
        self.leftover.retain(|directory| *directory != aside);
        self.leftover.push(aside.clone());
        self.set_aside = Some(aside);
        self.maps = false;
        Ok(())
    }

    /// The directories whose links may be taken.
    pub fn heirlooms(&self) -> impl Iterator<Item = &PinDirectory> {
        [&self.own].into_iter().chain(&self.leftover)
    }

    /// Whether anything was left.
    pub fn is_some(&self) -> bool {
        self.maps || !self.leftover.is_empty()
    }

    /// Ours are at work: what they do not use goes.
    pub fn accept(self) -> Result<(), Error> {
        for directory in self.leftover {
            directory.remove()?;
        }
        Ok(())
    }

    /// Ours cannot work: what was moved is moved back, so that the next one finds it.
    pub fn decline(self) {
        let undone = match &self.set_aside {
            Some(aside) => self.own.bring_back(aside).map_err(Error::from),
            None if self.maps || !self.own.links().is_empty() => Ok(()),
            None => clear(&self.own),
        };
        if let Err(error) = undone {
            tracing::warn!("the pins are in disorder: {error}");
        }
    }
}
