//! What a tracker knows, read from its pins.

use super::output::print_remark;
use crate::{
    daemon,
    instance::{self, Name},
    map::{Maps, PinDirectory},
};

/// The maps of the tracker called `name`. Where only its pins are left, a remark says so.
pub fn open(name: &Name) -> Result<Maps, daemon::Error> {
    let pins = PinDirectory::of(name);
    let runs = instance::is_running(name)?;
    if !pins.exists() {
        PinDirectory::check_bpffs()?;
        return Err(not_running(name).into());
    }
    if !runs {
        print_remark(&format!(
            "the tracker named {name} is not running; this is what it left"
        ));
    }
    Ok(Maps::open(&pins)?)
}

/// That no tracker called `name` runs, and which others do.
pub fn not_running(name: &Name) -> instance::Error {
    let mut others = PinDirectory::names();
    others.retain(|other| other != name);
    instance::Error::NotRunning {
        name: name.clone(),
        others,
    }
}
