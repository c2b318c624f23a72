//! Where ftp-track's programs are attached in this network namespace.

use std::collections::HashMap;

use aya::programs::{SchedClassifier, TcAttachType, loaded_programs};
use futures_util::TryStreamExt as _;
use rtnetlink::{
    packet_core::Emitable as _,
    packet_route::{
        link::{LinkAttribute, LinkMessage, LinkXdp},
        tc::TcMessage,
    },
};

use super::Obstacle;

/// What the names of ftp-track's programs begin with.
const PROGRAMS: &str = "ftp_track";

/// A program of ftp-track at an interface.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Attachment {
    /// The interface.
    pub interface: String,
    /// The hook.
    pub hook: &'static str,
}

/// Looks at every interface here.
pub fn look(unseen: &mut Vec<Obstacle>) -> Vec<Attachment> {
    let mut found = Vec::new();
    match links() {
        Ok(links) => {
            for (link, filters) in &links {
                examine(link, filters, &mut found, unseen);
            }
        }
        Err(error) => unseen.push(Obstacle::refused("the interfaces", error)),
    }
    found.sort();
    found.dedup();
    found
}

/// The hooks of a link that have filters of the clsact qdisc with ftp-track's programs. Before Linux
/// 6.6 its programs are there.
type Filters = Vec<&'static str>;

fn links() -> anyhow::Result<Vec<(LinkMessage, Filters)>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (connection, handle, _messages) = rtnetlink::new_connection()?;
        // It ends when the handle is dropped.
        tokio::spawn(connection);
        let links: Vec<LinkMessage> = handle.link().get().execute().try_collect().await?;
        let mut found = Vec::new();
        for link in links {
            let index = i32::try_from(link.header.index)?;
            let mut filters = Filters::new();
            let hooks = [
                (handle.traffic_filter(index).get().ingress(), "tc ingress"),
                (handle.traffic_filter(index).get().egress(), "tc egress"),
            ];
            for (request, hook) in hooks {
                // Without such a qdisc the kernel has an error for an answer.
                let answer: Result<Vec<TcMessage>, _> = request.execute().try_collect().await;
                if answer.is_ok_and(|filters| filters.iter().any(is_own_filter)) {
                    filters.push(hook);
                }
            }
            found.push((link, filters));
        }
        Ok(found)
    })
}

/// The name of a filter's program is in the middle of its attributes.
fn is_own_filter(filter: &TcMessage) -> bool {
    let mut bytes = vec![0; filter.buffer_len()];
    filter.emit(&mut bytes);
    let mut windows = bytes.windows(PROGRAMS.len());
    windows.any(|window| window == PROGRAMS.as_bytes())
}

fn examine(
    link: &LinkMessage,
    filters: &Filters,
    found: &mut Vec<Attachment>,
    unseen: &mut Vec<Obstacle>,
) {
    let Some(interface) = name(link) else {
        return;
    };
    let mut add = |hook| {
        found.push(Attachment {
            interface: interface.to_owned(),
            hook,
        });
    };
    filters.iter().copied().for_each(&mut add);
    let attached = xdp(link);
    if !attached.is_empty() {
        match names() {
            Ok(names) if attached.iter().any(|id| is_own(names.get(id))) => add("xdp"),
            Ok(_) => {}
            Err(error) => unseen.push(Obstacle::refused(
                &format!("the XDP program of {interface}"),
                error,
            )),
        }
    }
    for (direction, hook) in [
        (TcAttachType::Ingress, "tc ingress"),
        (TcAttachType::Egress, "tc egress"),
    ] {
        // Before Linux 6.6 there is no such list.
        let programs = SchedClassifier::query_tcx(interface, direction);
        let programs = programs.map_or_else(|_| Vec::new(), |(_, programs)| programs);
        let mut names = programs.iter().map(|program| program.name_as_str());
        if names.any(|name| name.is_some_and(|name| name.starts_with(PROGRAMS))) {
            add(hook);
        }
    }
}

fn is_own(name: Option<&String>) -> bool {
    name.is_some_and(|name| name.starts_with(PROGRAMS))
}

/// Names of the loaded programs by their ids.
fn names() -> Result<HashMap<u32, String>, aya::programs::ProgramError> {
    let mut names = HashMap::new();
    for program in loaded_programs() {
        let program = program?;
        if let Some(name) = program.name_as_str() {
            names.insert(program.id(), name.to_owned());
        }
    }
    Ok(names)
}

fn name(link: &LinkMessage) -> Option<&str> {
    link.attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.as_str()),
            _ => None,
        })
}

fn xdp(link: &LinkMessage) -> Vec<u32> {
    let attributes = link.attributes.iter().filter_map(|attribute| {
        if let LinkAttribute::Xdp(attributes) = attribute {
            Some(attributes)
        } else {
            None
        }
    });
    attributes
        .flatten()
        .filter_map(|attribute| match attribute {
            LinkXdp::ProgId(id)
            | LinkXdp::DrvProgId(id)
            | LinkXdp::SkbProgId(id)
            | LinkXdp::HwProgId(id) => Some(*id),
            _ => None,
        })
        .collect()
}
