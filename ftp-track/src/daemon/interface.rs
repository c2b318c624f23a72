//! The network interfaces of this network namespace.

use futures_util::TryStreamExt as _;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage, LinkXdp};

use super::Error;
use crate::config::InterfaceName;

/// A network interface.
#[derive(Debug)]
pub struct Interface {
    /// Its name.
    pub name: InterfaceName,
    /// Its index.
    pub index: u32,
    /// Ids of the XDP programs that are attached.
    pub programs: Vec<u32>,
}

/// Finds the interfaces called `names`, in that order.
pub async fn find(names: &[InterfaceName]) -> Result<Vec<Interface>, Error> {
    let links = list().await?;
    let mut found = Vec::new();
    for name in names {
        let link = links
            .iter()
            .find(|link| link_name(link) == Some(name.as_str()));
        let Some(link) = link else {
            let mut existing: Vec<&str> = links.iter().filter_map(link_name).collect();
            existing.sort_unstable();
            return Err(Error::NoInterface {
                name: name.clone(),
                existing: existing.join(", "),
            });
        };
        found.push(Interface {
            name: name.clone(),
            index: link.header.index,
            programs: programs(link),
        });
    }
    Ok(found)
}

async fn list() -> Result<Vec<LinkMessage>, Error> {
    let (connection, handle, _messages) =
        rtnetlink::new_connection().map_err(Error::system("a netlink socket cannot be opened"))?;
    // It ends when the handle is dropped.
    tokio::spawn(connection);
    Ok(handle.link().get().execute().try_collect().await?)
}

fn link_name(link: &LinkMessage) -> Option<&str> {
    link.attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.as_str()),
            _ => None,
        })
}

fn programs(link: &LinkMessage) -> Vec<u32> {
    let attributes = link
        .attributes
        .iter()
        .filter_map(|attribute| match attribute {
            LinkAttribute::Xdp(attributes) => Some(attributes),
            _ => None,
        });
    let mut ids: Vec<u32> = attributes
        .flatten()
        .filter_map(|attribute| match attribute {
            LinkXdp::ProgId(id)
            | LinkXdp::DrvProgId(id)
            | LinkXdp::SkbProgId(id)
            | LinkXdp::HwProgId(id) => Some(*id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
