//! The mode that nobody chose, and what conntrack mode takes.

use aya::Ebpf;
use tracing::warn;

use super::Error;
use crate::{
    config::{Mode, Settings},
    conntrack::{self, Kind, Obstacle, Program, Symbols},
};

/// Unless a mode was chosen: conntrack where conntrack is at work, or else observe.
///
/// `in_force` is the mode until now. Conntrack stays: its rules may be gone for a moment while others
/// are loaded, and nobody asked for anything else.
pub fn settle(settings: &mut Settings, in_force: Option<Mode>) {
    settle_by(settings, in_force, conntrack::is_active);
}

fn settle_by(settings: &mut Settings, in_force: Option<Mode>, is_active: impl FnOnce() -> bool) {
    if settings.mode_is_default {
        settings.mode = if in_force == Some(Mode::Conntrack) || is_active() {
            Mode::Conntrack
        } else {
            Mode::Observe
        };
    }
}

/// Whether to go on in observe mode after `error`: where the kernel cannot do what nobody chose, and
/// nothing else is in force that observe mode would take away.
pub fn falls_back(settings: &mut Settings, in_force: Option<Mode>, error: &Error) -> bool {
    let Error::Conntrack(obstacle) = error else {
        return false;
    };
    if !settings.mode_is_default || in_force.is_some_and(|mode| mode != Mode::Observe) {
        return false;
    }
    warn!(
        "mode conntrack would be the default, but cannot work here: {obstacle}. {}",
        obstacle.way_out()
    );
    settings.mode = Mode::Observe;
    true
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

/// What conntrack mode takes: the kernel's functions, and the programs that call them.
pub struct Conntrack {
    symbols: Result<Symbols, Obstacle>,
    is_loaded: bool,
}

impl Conntrack {
    /// Looks for the functions, in every mode: a reload may choose conntrack mode, and then it may
    /// be too late, because the privilege that it takes is given up after the start.
    pub fn look() -> Self {
        Self {
            symbols: Symbols::find(),
            is_loaded: false,
        }
    }

    /// Loads what the modes take, unless it is in its place. Where the functions were not to be had
    /// at the start, it looks again, and says what is in the way now.
    pub fn prepare(&mut self, ebpf: &Ebpf, settings: &Settings) -> Result<(), Error> {
        if settings.uses(Mode::Conntrack) {
            self.load(ebpf, settings).map_err(Error::Conntrack)?;
        }
        Ok(())
    }

    fn load(&mut self, ebpf: &Ebpf, settings: &Settings) -> Result<(), Obstacle> {
        let found;
        let symbols = match &self.symbols {
            Ok(symbols) => symbols,
            Err(at_start) => {
                found = Symbols::find().map_err(|now| now.after(at_start))?;
                &found
            }
        };
        if !symbols.has_zones() {
            conntrack::refuse_zones(settings)?;
        }
        if self.is_loaded {
            return Ok(());
        }
        let mut marks = true;
        for kind in Kind::ALL {
            let program = Program::load(kind, symbols, ebpf)?;
            program.put(ebpf)?;
            marks &= program.marks();
        }
        if !marks {
            warn!(
                "data connections do not get the conntrack mark of their control connection: this \
                 kernel lets no program set it"
            );
        }
        self.is_loaded = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Choice, File};

    fn settings(mode_is_default: bool) -> Settings {
        let mut settings = Settings::check(Choice::default(), File::default()).unwrap();
        settings.mode = Mode::Conntrack;
        settings.mode_is_default = mode_is_default;
        settings
    }

    #[test]
    fn nobody_chose() {
        use Mode::{Conntrack, Enforce, Observe};
        for (in_force, is_active, expect) in [
            (None, true, Conntrack),
            (None, false, Observe),
            (Some(Observe), true, Conntrack),
            (Some(Enforce), false, Observe),
            // The rules are gone for a moment.
            (Some(Conntrack), false, Conntrack),
        ] {
            let mut settings = settings(true);
            settle_by(&mut settings, in_force, || is_active);
            assert_eq!(settings.mode, expect, "{in_force:?} {is_active}");
        }
    }

    #[test]
    fn falls_back_where_nothing_is_lost() {
        use Mode::{Conntrack, Enforce, Observe};
        for (is_default, in_force, expect) in [
            (true, None, true),
            (true, Some(Observe), true),
            (true, Some(Conntrack), false),
            (true, Some(Enforce), false),
            (false, None, false),
            (false, Some(Observe), false),
        ] {
            let mut settings = settings(is_default);
            let error = Error::Conntrack(Obstacle::NotLoaded);
            let falls = falls_back(&mut settings, in_force, &error);
            assert_eq!(falls, expect, "{is_default} {in_force:?}");
            let mode = if expect { Observe } else { Conntrack };
            assert_eq!(settings.mode, mode, "{is_default} {in_force:?}");
        }
    }
}
