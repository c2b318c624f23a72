//! Filters in the clsact qdisc, for kernels without TCX (before 6.6).
//!
//! A filter is no link: it stays until someone removes it, and cannot be pinned. So there is a
//! directory for each among the pins, as a note that it is ours; and its handle, made from the
//! instance's name, tells it from those of others.

use std::{mem, path::Path, thread};

use aya::programs::{
    SchedClassifier, TcAttachType,
    tc::{NlOptions, SchedClassifierLink, TcAttachOptions, TcError, TcHandle, qdisc_add_clsact},
};
use futures_util::TryStreamExt as _;
use nix::{errno::Errno, net::if_::if_indextoname};
use rtnetlink::packet_route::tc::{self as netlink, TcAttribute, TcMessage};
use tokio::runtime;
use tracing::{debug, warn};

use super::{Error, interface::Interface, pinned::Links, tc};
use crate::{cause, map::PinDirectory};

/// `TC_H_CLSACT` (linux/pkt_sched.h).
const CLSACT: netlink::TcHandle = netlink::TcHandle {
    major: 0xffff,
    minor: 0xfff1,
};

/// The note that a qdisc was made by us.
const QDISC: &str = "qdisc";

/// Attaches `program` in front of the filters of others, or in the place of an earlier daemon's.
pub fn attach(
    program: &mut SchedClassifier,
    interface: &Interface,
    direction: TcAttachType,
    links: &Links,
) -> Result<(), String> {
    let (device, index) = (interface.name.as_str(), interface.link.index);
    let made = match qdisc_add_clsact(device) {
        Ok(()) => true,
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(Errno::EEXIST as i32) => {
            false
        }
        Err(error) => return Err(cause::chain(&error)),
    };
    // Before the filter: what a start leaves that is cut off is found again.
    let noted = links.note(tc::name(direction), index);
    let noted = noted.and_then(|()| match made {
        true => links.note(QDISC, index),
        false => Ok(()),
    });
    noted.map_err(|error| cause::chain(&error))?;
    let handle = handle(links.instance());
    let old = find(index, direction, handle).map_err(|error| cause::chain(&error))?;
    let attached = match old {
        Some(priority) => {
            let old = SchedClassifierLink::attached(device, direction, priority, handle, None)
                .map_err(|error| error.to_string())?;
            program.attach_to_link(old)
        }
        None => {
            let options = NlOptions {
                handle,
                ..NlOptions::default()
            };
            program.attach_with_options(device, direction, TcAttachOptions::Netlink(options))
        }
    };
    let link = attached.and_then(|id| program.take_link(id));
    // Dropping it would detach the program.
    link.map(mem::forget).map_err(|error| cause::chain(&error))
}

/// Detaches the filters that are noted in `directory` and not among `used` (hook and interface).
/// Those of another network namespace cannot be reached from here.
pub fn release(directory: &PinDirectory, namespace: u64, used: &[(&str, u32)]) {
    for path in directory.filters() {
        let Some((hook, index, of)) = parse(&path) else {
            continue;
        };
        let is_used = |(name, interface): &(&str, u32)| {
            *interface == index && (*name == hook || hook == QDISC)
        };
        if hook == QDISC || used.iter().any(is_used) {
            continue;
        }
        if of == namespace {
            if let Err(error) = detach(index, &hook, handle(&directory.instance())) {
                warn!("a filter on interface {index} cannot be removed: {error}");
            }
        } else {
            warn!(
                "a filter on interface {index} of another network namespace is left: run this \
                 command there"
            );
            continue;
        }
        PinDirectory::forget(&path);
    }
    for path in directory.filters() {
        match parse(&path) {
            Some((hook, index, of)) if hook == QDISC && of == namespace => {
                if used.iter().any(|(_, interface)| *interface == index) {
                    continue;
                }
                if let Err(error) = in_runtime(remove_qdisc(index)) {
                    warn!("the clsact qdisc of interface {index} cannot be removed: {error}");
                }
                PinDirectory::forget(&path);
            }
            _ => {}
        }
    }
}

/// Why our filter at a hook of the interface is no more; none where it is there.
pub fn lost(hook: &str, index: u32, links: &Links) -> Option<String> {
    match find(index, direction(hook), handle(links.instance())) {
        Ok(None) => Some("somebody has removed its filter".to_owned()),
        Ok(Some(_)) => None,
        Err(error) => {
            debug!("interface {index}: {error}");
            None
        }
    }
}

fn direction(hook: &str) -> TcAttachType {
    match hook {
        tc::EGRESS => TcAttachType::Egress,
        _ => TcAttachType::Ingress,
    }
}

fn detach(index: u32, hook: &str, handle: TcHandle) -> Result<(), Error> {
    let direction = direction(hook);
    let Ok(device) = if_indextoname(index) else {
        // Its filters went with it.
        return Ok(());
    };
    if let (Some(priority), Ok(device)) = (find(index, direction, handle)?, device.to_str()) {
        let link = SchedClassifierLink::attached(device, direction, priority, handle, None);
        drop(link.map_err(Error::system("a filter cannot be found"))?);
    }
    Ok(())
}

/// `hook-interface-namespace`.
fn parse(path: &Path) -> Option<(String, u32, u64)> {
    let mut parts = path.file_name()?.to_str()?.rsplitn(3, '-');
    let (namespace, index) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((parts.next()?.to_owned(), index, namespace))
}

/// The handle of an instance's filters: a hash of its name (FNV-1a), which is never zero.
fn handle(instance: &str) -> TcHandle {
    let hash = instance.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    TcHandle::from(hash.max(1))
}

/// The priority of the filter with this handle.
fn find(index: u32, direction: TcAttachType, handle: TcHandle) -> Result<Option<u16>, Error> {
    let filters = in_runtime(filters(index, direction))?;
    let is_it = |message: &&TcMessage| {
        let of_bpf =
            |attribute: &TcAttribute| matches!(attribute, TcAttribute::Kind(kind) if kind == "bpf");
        u32::from(message.header.handle) == u32::from(handle)
            && message.attributes.iter().any(of_bpf)
    };
    // `tcm_info` holds the priority above the protocol (TC_H_MAKE, linux/pkt_sched.h).
    let found = filters.iter().find(is_it);
    Ok(found.map(|message| (message.header.info >> 16) as u16))
}

async fn filters(index: u32, direction: TcAttachType) -> Result<Vec<TcMessage>, Error> {
    let (connection, handle, _messages) =
        rtnetlink::new_connection().map_err(Error::system("a netlink socket cannot be opened"))?;
    tokio::spawn(connection);
    let filters = handle.traffic_filter(index as i32).get();
    let filters = match direction {
        TcAttachType::Egress => filters.egress(),
        _ => filters.ingress(),
    };
    Ok(filters.execute().try_collect().await?)
}

/// Removes the clsact qdisc, unless someone uses it.
async fn remove_qdisc(index: u32) -> Result<(), Error> {
    for direction in [TcAttachType::Ingress, TcAttachType::Egress] {
        if !filters(index, direction).await?.is_empty() {
            return Ok(());
        }
    }
    let (connection, handle, _messages) =
        rtnetlink::new_connection().map_err(Error::system("a netlink socket cannot be opened"))?;
    tokio::spawn(connection);
    let mut request = handle.qdisc().del(index as i32);
    request.message_mut().header.parent = CLSACT;
    Ok(request.execute().await?)
}

/// On a thread of its own, because this one may be running a runtime.
fn in_runtime<T: Send>(work: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
    let run = || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::system("the runtime cannot be started"))?;
        runtime.block_on(work)
    };
    thread::scope(|scope| scope.spawn(run).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes() {
        let note = |name: &str| parse(&Path::new("/x").join(name));
        assert_eq!(
            note("tc_egress-3-4026531840"),
            Some(("tc_egress".to_owned(), 3, 4_026_531_840))
        );
        assert_eq!(note("tc_egress-3"), None);
        assert_eq!(note("3"), None);
    }

    #[test]
    fn handles_differ() {
        assert_ne!(u32::from(handle("default")), u32::from(handle("other")));
        assert_ne!(u32::from(handle("")), 0);
    }
}
