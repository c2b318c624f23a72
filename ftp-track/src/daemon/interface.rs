//! The network interfaces of this network namespace.

use futures_util::TryStreamExt as _;

use super::{Error, link::Link};
use crate::config::InterfaceName;

/// A named interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name.
    pub name: InterfaceName,
    /// What the kernel says of it.
    pub link: Link,
}

/// Finds the interfaces called `names` among `links`, in that order.
pub fn find(names: &[InterfaceName], links: &[Link]) -> Result<Vec<Interface>, Error> {
    let find = |name: &InterfaceName| {
        let link = links.iter().find(|link| link.name == name.as_str());
        let link = link.cloned().ok_or_else(|| no_interface(name, links))?;
        let name = name.clone();
        Ok(Interface { name, link })
    };
    names.iter().map(find).collect()
}

fn no_interface(name: &InterfaceName, links: &[Link]) -> Error {
    let mut existing: Vec<&str> = links.iter().map(|link| link.name.as_str()).collect();
    existing.sort_unstable();
    Error::NoInterface {
        name: name.clone(),
        existing: existing.join(", "),
    }
}

/// All interfaces of this namespace.
pub async fn list() -> Result<Vec<Link>, Error> {
    let (connection, handle, _messages) =
        rtnetlink::new_connection().map_err(Error::system("a netlink socket cannot be opened"))?;
    // It ends when the handle is dropped.
    tokio::spawn(connection);
    let links = handle.link().get().execute();
    Ok(links
        .map_ok(|message| Link::of(&message))
        .try_collect()
        .await?)
}
