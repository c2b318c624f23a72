//! The programs that make entries in the kernel's conntrack.
//!
//! They call functions of the kernel (kfuncs), which aya does not link. So they are loaded by hand:
//! `btf` finds the functions and fields, `link` writes them into the instructions, `program`
//! relocates the maps to those that aya has made, and loads.

mod btf;
mod entry;
mod link;
mod obstacle;
mod presence;
mod program;
mod symbols;

use crate::config::Settings;

pub use self::{
    entry::Table,
    obstacle::Obstacle,
    presence::is_active,
    program::{Kind, Program},
    symbols::{Symbols, knows_zones},
};

/// Fails if a group in conntrack mode has a zone.
pub fn refuse_zones(settings: &Settings) -> Result<(), Obstacle> {
    match settings.zone_for_conntrack() {
        Some(group) => Err(Obstacle::NoZones {
            group: group.name.clone(),
            zone: group.zone,
        }),
        None => Ok(()),
    }
}
