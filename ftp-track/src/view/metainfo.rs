//! What every JSON output starts with.

use serde::{Deserialize, Serialize};

use crate::instance::Name;

/// Version of the JSON. Members may be added without a change of it.
pub const SCHEMA: u32 = 1;

/// Who wrote a JSON document, and in which schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Metainfo {
    /// `ftp-track`.
    pub tool: String,
    /// The version of ftp-track.
    pub version: String,
    /// [`SCHEMA`].
    pub schema: u32,
    /// The instance.
    pub instance: String,
}

impl Metainfo {
    /// That of this build, for an instance.
    pub fn of(instance: &Name) -> Self {
        Self {
            tool: "ftp-track".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema: SCHEMA,
            instance: instance.to_string(),
        }
    }
}

/// A JSON document: the metainfo first, then the content's members.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    /// Who wrote it.
    pub metainfo: Metainfo,
    /// What it is about.
    #[serde(flatten)]
    pub content: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metainfo_is_first() {
        #[derive(Serialize)]
        struct Content {
            flows: [u8; 1],
        }
        let metainfo = Metainfo::of(&Name::default());
        let version = metainfo.version.clone();
        let content = Content { flows: [7] };
        let json = serde_json::to_string(&Document { metainfo, content }).unwrap();
        let expect = format!(
            "{{\"metainfo\":{{\"tool\":\"ftp-track\",\"version\":\"{version}\",\"schema\":1,\
             \"instance\":\"default\"}},\"flows\":[7]}}"
        );
        assert_eq!(json, expect);
    }
}
