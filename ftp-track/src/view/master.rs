//! A control connection by its two ends.

use std::fmt;

use ftp_track_common::tuple::SessionKey;
use serde::{Deserialize, Serialize};

use super::Endpoint;

/// A control connection by its two ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct MasterView {
    /// The side that sends commands.
    pub client: Endpoint,
    /// The side that sends replies.
    pub server: Endpoint,
}

impl From<&SessionKey> for MasterView {
    fn from(key: &SessionKey) -> Self {
        Self {
            client: Endpoint::new(&key.client, key.client_port),
            server: Endpoint::new(&key.server, key.server_port),
        }
    }
}

impl fmt::Display for MasterView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} -> {}", self.client, self.server)
    }
}
