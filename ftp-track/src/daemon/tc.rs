//! Attaching programs to the TC hooks: by TCX from Linux 6.6, by a filter in the clsact qdisc before.

use aya::programs::{
    SchedClassifier, TcAttachType,
    links::{FdLink, LinkOrder},
    tc::{SchedClassifierLink, SchedClassifierLinkId, TcAttachOptions},
};

use super::{
    Error,
    attachment::Hook,
    clsact,
    interface::Interface,
    pinned::{Links, is_dead},
};
use crate::cause;

/// The ingress hook's name in the pin of its link.
pub const INGRESS: &str = "tc_ingress";
/// The egress hook's name in the pin of its link.
pub const EGRESS: &str = "tc_egress";

/// Attaches `program` in front of what others have attached, because a program may end the chain
/// for those behind it; or puts it in the place of an earlier daemon's, without a gap.
pub fn attach(
    program: &mut SchedClassifier,
    interface: &Interface,
    direction: TcAttachType,
    links: &Links,
) -> Result<Hook, Error> {
    let name = name(direction);
    let index = interface.link.index;
    if inherit(program, name, index, links)? {
        return Ok(Hook::Tcx);
    }
    let device = interface.name.as_str();
    let order = TcAttachOptions::TcxOrder(LinkOrder::first());
    let tcx = match program.attach_with_options(device, direction, order) {
        Ok(id) => {
            keep(program, id, name, index, links)?;
            return Ok(Hook::Tcx);
        }
        Err(error) => cause::chain(&error),
    };
    match clsact::attach(program, interface, direction, links) {
        Ok(()) => Ok(Hook::Clsact),
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

/// The name of a TC hook.
pub fn name(direction: TcAttachType) -> &'static str {
    match direction {
        TcAttachType::Egress => EGRESS,
        _ => INGRESS,
    }
}

/// Puts `program` into the link that an earlier daemon left; false when there is none.
fn inherit(
    program: &mut SchedClassifier,
    name: &'static str,
    index: u32,
    links: &Links,
) -> Result<bool, Error> {
    let Some(link) = links.find(name, index)? else {
        return Ok(false);
    };
    let link =
        SchedClassifierLink::try_from(link).map_err(|error| links.failed(name, index, &error))?;
    match program.attach_to_link(link) {
        Ok(id) => keep(program, id, name, index, links).map(|()| true),
        // Its interface has gone, and another one has got the index.
        Err(error) if is_dead(&error) => links.remove(name, index).map(|()| false),
        Err(error) => Err(links.failed(name, index, &error)),
    }
}

/// Pins a link, which the program owned until now.
fn keep(
    program: &mut SchedClassifier,
    id: SchedClassifierLinkId,
    name: &'static str,
    index: u32,
    links: &Links,
) -> Result<(), Error> {
    let link = program
        .take_link(id)
        .map_err(|error| links.failed(name, index, &error))?;
    let link = FdLink::try_from(link).map_err(|error| links.failed(name, index, &error))?;
    links.keep(name, index, link)
}
