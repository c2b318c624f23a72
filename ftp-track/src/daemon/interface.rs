//! The network interfaces of this network namespace.

use futures_util::TryStreamExt as _;

use super::{Error, features, link::Link};
use crate::config::InterfaceName;

/// A named interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name.
    pub name: InterfaceName,
    /// What the kernel says of it.
    pub link: Link,
}

/// Finds the interfaces called `names` among `links`, in that order. One that is missing is left
/// out where it is waited for (`wait`), else an error.
pub fn find(names: &[InterfaceName], links: &[Link], wait: bool) -> Result<Vec<Interface>, Error> {
    let mut found = Vec::new();
    for name in names {
        match links.iter().find(|link| link.name == name.as_str()) {
            Some(link) => found.push(Interface {
                name: name.clone(),
                link: link.clone(),
            }),
            None if wait => {}
            None => return Err(no_interface(name, links)),
        }
    }
    Ok(found)
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
    let mut links: Vec<Link> = links
        .map_ok(|message| Link::of(&message))
        .try_collect()
        .await?;
    for link in &mut links {
        link.transmits = features::transmits(link.index).await;
    }
    Ok(links)
}
