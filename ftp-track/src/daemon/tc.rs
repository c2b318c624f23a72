//! Attaching programs to the TC hooks: by TCX from Linux 6.6, by a filter in the clsact qdisc before.

use std::thread;

use aya::programs::{
    SchedClassifier, TcAttachType,
    links::LinkOrder,
    tc::{NlOptions, TcAttachOptions, TcError, qdisc_add_clsact, qdisc_detach_program},
};
use futures_util::TryStreamExt as _;
use nix::errno::Errno;
use rtnetlink::packet_route::tc::TcHandle;
use tokio::runtime;
use tracing::warn;

use super::{Error, attachment::Hook, interface::Interface};
use crate::cause;

/// `TC_H_CLSACT` (linux/pkt_sched.h).
const CLSACT: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0xfff1,
};

/// The qdiscs that were made here. Those that nobody else uses by then are removed with it.
#[derive(Debug)]
pub struct Qdiscs {
    made: Vec<u32>,
    alone: bool,
}

/// Attaches `program`, called `name`, in front of what others have attached.
///
/// In front, because a program may end the chain for those behind it.
pub fn attach(
    program: &mut SchedClassifier,
    name: &str,
    interface: &Interface,
    direction: TcAttachType,
    qdiscs: &mut Qdiscs,
) -> Result<Hook, Error> {
    let device = interface.name.as_str();
    let order = TcAttachOptions::TcxOrder(LinkOrder::first());
    let tcx = match program.attach_with_options(device, direction, order) {
        Ok(_) => return Ok(Hook::Tcx),
        Err(error) => cause::chain(&error),
    };
    let mut attach = || {
        qdiscs.make(interface)?;
        if qdiscs.alone {
            // There may be none.
            let _: Result<(), TcError> = qdisc_detach_program(device, direction, name);
        }
        let options = TcAttachOptions::Netlink(NlOptions::default());
        let attached = program.attach_with_options(device, direction, options);
        attached.map_err(|error| cause::chain(&error))
    };
    match attach() {
        Ok(_) => Ok(Hook::Clsact),
        Err(clsact) => Err(Error::AttachTc {
            interface: interface.name.clone(),
            direction: match direction {
                TcAttachType::Egress => "egress",
                _ => "ingress",
            },
            tcx,
            clsact,
        }),
    }
}

impl Qdiscs {
    /// None yet. If this tracker is `alone`, filters that bear our names were left by one that was
    /// killed.
    pub fn new(alone: bool) -> Self {
        Self {
            made: Vec::new(),
            alone,
        }
    }

    /// Makes sure that the interface has a clsact qdisc. One that is there stays when we leave.
    fn make(&mut self, interface: &Interface) -> Result<(), String> {
        match qdisc_add_clsact(interface.name.as_str()) {
            Ok(()) => self.made.push(interface.link.index),
            Err(TcError::NetlinkError(error))
                if error.raw_os_error() == Some(Errno::EEXIST as i32) => {}
            Err(error) => return Err(cause::chain(&error)),
        }
        Ok(())
    }
}

impl Drop for Qdiscs {
    fn drop(&mut self) {
        let made = std::mem::take(&mut self.made);
        if made.is_empty() {
            return;
        }
        // A thread of its own, because this one may be running a runtime.
        let removed = thread::spawn(move || remove(&made)).join();
        if let Ok(Err(error)) = removed {
            warn!("a clsact qdisc cannot be removed: {error}");
        }
    }
}

fn remove(interfaces: &[u32]) -> Result<(), Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("the runtime cannot be started"))?;
    runtime.block_on(async {
        let (connection, handle, _messages) = rtnetlink::new_connection()
            .map_err(Error::system("a netlink socket cannot be opened"))?;
        tokio::spawn(connection);
        for &interface in interfaces {
            let index = interface as i32;
            let filters = || handle.traffic_filter(index).get();
            let ingress: Vec<_> = filters().ingress().execute().try_collect().await?;
            let egress: Vec<_> = filters().egress().execute().try_collect().await?;
            if ingress.is_empty() && egress.is_empty() {
                let mut request = handle.qdisc().del(index);
                request.message_mut().header.parent = CLSACT;
                request.execute().await?;
            }
        }
        Ok(())
    })
}
