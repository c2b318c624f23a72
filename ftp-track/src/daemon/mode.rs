//! The mode that nobody chose, and what conntrack mode takes.

use aya::Ebpf;
use tracing::warn;

use super::Error;
use crate::{
    config::{Mode, Settings},
    conntrack::{self, Kind, Obstacle, Program, Symbols},
};

/// Unless a mode was chosen: conntrack where conntrack is at work, or else observe.
pub fn settle(settings: &mut Settings) {
    if settings.mode_is_default {
        settings.mode = if conntrack::is_active() {
            Mode::Conntrack
        } else {
            Mode::Observe
        };
    }
}

/// Whether to go on in observe mode after `error`: where the kernel cannot do what nobody chose.
pub fn falls_back(settings: &mut Settings, error: &Error) -> bool {
    let Error::Conntrack(obstacle) = error else {
        return false;
    };
    if settings.mode_is_default {
        warn!("mode conntrack would be the default, but cannot work here: {obstacle}");
        settings.mode = Mode::Observe;
    }
    settings.mode_is_default
}

/// Why the mode is in force, if nobody chose it.
pub fn reason(settings: &Settings) -> &'static str {
    match settings.mode {
        _ if !settings.mode_is_default => "",
        Mode::Conntrack => " (by default: conntrack is at work here)",
        _ if conntrack::is_active() => " (by default: conntrack cannot be used)",
        _ => " (by default: conntrack is not at work here)",
    }
}

/// Loads what the modes take.
pub fn prepare(ebpf: &Ebpf, settings: &Settings) -> Result<(), Error> {
    if settings.uses(Mode::Conntrack) {
        load(ebpf, settings).map_err(Error::Conntrack)?;
    }
    Ok(())
}

fn load(ebpf: &Ebpf, settings: &Settings) -> Result<(), Obstacle> {
    let symbols = Symbols::find()?;
    if !symbols.has_zones() {
        conntrack::refuse_zones(settings)?;
    }
    let mut marks = true;
    for kind in Kind::ALL {
        let program = Program::load(kind, &symbols, ebpf)?;
        program.put(ebpf)?;
        marks &= program.marks();
    }
    if !marks {
        warn!(
            "data connections do not get the conntrack mark of their control connection: this \
             kernel lets no program set it"
        );
    }
    Ok(())
}
