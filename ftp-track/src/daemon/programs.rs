//! The programs of a loaded object, typed.

use aya::{
    Ebpf,
    programs::{Program, SchedClassifier, Xdp},
};

use super::{Error, attachment::is_xdp, interface::Interface};
use crate::{config::Mode, kernel, map};

/// The programs of a loaded object.
pub struct Programs<'a>(pub &'a mut Ebpf);

impl Programs<'_> {
    /// Has the kernel verify those that the interfaces need.
    pub fn load(&mut self, interfaces: &[Interface], mode: Mode) -> Result<(), Error> {
        let failed = |name| move |error| Error::Program { name, error };
        if interfaces.iter().any(|it| is_xdp(it, mode)) {
            let name = kernel::XDP_PROGRAM;
            self.xdp()?.load().map_err(failed(name))?;
        }
        if interfaces.iter().any(|it| !is_xdp(it, mode)) {
            let name = kernel::TC_INGRESS_PROGRAM;
            self.tc(name)?.load().map_err(failed(name))?;
        }
        let name = kernel::TC_EGRESS_PROGRAM;
        self.tc(name)?.load().map_err(failed(name))
    }

    /// The one at the XDP hook.
    pub fn xdp(&mut self) -> Result<&mut Xdp, Error> {
        let name = kernel::XDP_PROGRAM;
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
