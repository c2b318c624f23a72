//! Requests and answers.

use std::net::IpAddr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{EndpointArgument, Key};
use crate::view::{Metainfo, RunningView};

/// Bytes of the longest request.
pub const LONGEST: usize = 4096;

/// What can be listed and flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Control connections
    Sessions,
    /// Expected data connections
    Expectations,
    /// Admitted data connections
    Flows,
}

impl What {
    /// The word for `count` of them.
    pub fn word(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Sessions, 1) => "session",
            (Self::Sessions, _) => "sessions",
            (Self::Expectations, 1) => "expectation",
            (Self::Expectations, _) => "expectations",
            (Self::Flows, 1) => "flow",
            (Self::Flows, _) => "flows",
        }
    }
}

/// What the daemon is asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// How it is.
    Status,
    /// To end and to remove everything.
    Stop,
    /// To read its settings again.
    Reload {
        /// To end admitted data connections, too, that the new policy does not permit.
        #[serde(default)]
        apply_to_flows: bool,
    },
    /// To forget all entries of a kind.
    Flush {
        /// Which kind.
        what: What,
    },
    /// To forget one entry.
    Delete {
        /// Which one.
        key: Key,
    },
    /// To expect a data connection.
    Add {
        /// Who connects.
        from: IpAddr,
        /// Who listens.
        to: EndpointArgument,
        /// How long it is waited for, in seconds.
        lifetime: u64,
        /// In which conntrack zone; 0 is the default one.
        #[serde(default)]
        zone: u16,
    },
}

/// What the daemon answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Who answers.
    pub metainfo: Metainfo,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// The content of an [`Answer`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// To [`Request::Status`].
    Running(Box<RunningView>),
    /// What was done, in one sentence.
    Done(String),
    /// Why nothing was done.
    Error(String),
    /// What is wrong with the configuration; nothing was done.
    Misconfigured(String),
}
