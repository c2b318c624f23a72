//! The programs of a loaded object, typed.

use aya::{
    Ebpf,
    programs::{Program, SchedClassifier, SocketFilter, Xdp},
};

use super::{Error, attachment::is_xdp, interface::Interface};
use crate::{
    config::{Mode, Settings},
    kernel,
    map::{self, PinDirectory},
};

/// The programs of a loaded object.
pub struct Programs<'a>(pub &'a mut Ebpf);

impl Programs<'_> {
    /// Has the kernel verify those that `interfaces` need and that are not loaded yet, and pins them
    /// under their names with `suffix` behind.
    pub fn load(
        &mut self,
        interfaces: &[&Interface],
        settings: &Settings,
        pins: &PinDirectory,
        suffix: &str,
    ) -> Result<(), Error> {
        for name in needed(interfaces, settings) {
            if self.find(name)?.fd().is_ok() {
                continue;
            }
            let loaded = match name {
                kernel::XDP_PROGRAM => self.xdp()?.load(),
                kernel::RELATED_PROGRAM => self.related()?.load(),
                name => self.tc(name)?.load(),
            };
            loaded.map_err(|error| Error::Program { name, error })?;
            let pinned = self
                .find(name)?
                .pin(pins.program(&format!("{name}{suffix}")));
            pinned.map_err(|source| Error::Unpinned { name, source })?;
        }
        Ok(())
    }

    /// The one at the XDP hook.
    pub fn xdp(&mut self) -> Result<&mut Xdp, Error> {
        let name = kernel::XDP_PROGRAM;
        let program = self.find(name)?.try_into();
        program.map_err(|error| Error::Program { name, error })
    }

    /// The one that iptables asks.
    fn related(&mut self) -> Result<&mut SocketFilter, Error> {
        let name = kernel::RELATED_PROGRAM;
        let program = self.find(name)?.try_into();
        program.map_err(|error| Error::Program { name, error })
    }

    /// The one called `name`, at a TC hook.
    pub fn tc(&mut self, name: &'static str) -> Result<&mut SchedClassifier, Error> {
        let program = self.find(name)?.try_into();
        program.map_err(|error| Error::Program { name, error })
    }

    fn find(&mut self, name: &'static str) -> Result<&mut Program, map::Error> {
        self.0.program_mut(name).ok_or(map::Error::Missing { name })
    }
}

fn needed(interfaces: &[&Interface], settings: &Settings) -> Vec<&'static str> {
    let mut names = Vec::new();
    if interfaces.iter().any(|it| is_xdp(it, settings)) {
        names.push(kernel::XDP_PROGRAM);
    }
    // A driver may refuse, and then TC forwards alone.
    let bypasses = interfaces
        .iter()
        .any(|it| settings.mode_of(&it.name) == Mode::Bypass);
    if bypasses || interfaces.iter().any(|it| !is_xdp(it, settings)) {
        names.push(kernel::TC_INGRESS_PROGRAM);
    }
    if bypasses {
        names.push(kernel::TC_FORWARD_PROGRAM);
    }
    if !interfaces.is_empty() {
        names.push(kernel::TC_EGRESS_PROGRAM);
        names.push(kernel::RELATED_PROGRAM);
    }
    names
}
